/** A page as man(7) has it: for man(1) of groff or mandoc. */
import { type Block, parse } from './markdown.ts'

const BYTES: Record<string, string> = { '\\': '\\e', '-': '\\-', "'": '\\(aq', '`': '\\(ga', '^': '\\(ha', '~': '\\(ti', '"': '\\(dq' }
/** Text for copying: every byte is what it is. */
const literal = (text: string): string => text.replace(/[-\\'`^~"]/g, (byte) => BYTES[byte] ?? byte)
/** Text for reading: a hyphen may be one. */
const prose = (text: string): string => text.replace(/[\\`^~]/g, (byte) => BYTES[byte] ?? byte)

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|\b([a-zA-Z0-9_.-]+)(\([1-8]\))/g

/** Code and names of pages bold, what stands for something else slanted. */
const inline = (text: string): string => {
  let [out, from] = ['', 0]
  for (const found of text.matchAll(INLINE)) {
    const [whole, code, strong, slanted, name, section] = found
    out += prose(text.slice(from, found.index))
    if (slanted !== undefined) out += `\\fI${literal(slanted)}\\fR`
    else out += `\\fB${literal(code ?? strong ?? name ?? '')}\\fR${section ?? ''}`
    from = found.index + whole.length
  }
  return out + prose(text.slice(from))
}

/** A line that begins like a request is text all the same. */
const guarded = (line: string): string => (/^[.']/.test(line) ? `\\&${line}` : line)
const text = (words: string): string => guarded(inline(words))

const code = (lines: string[]): string[] => ['.PP', '.RS 4', '.nf', ...lines.map((line) => guarded(literal(line))), '.fi', '.RE']

const blockLines = (block: Block): string[] => {
  switch (block.kind) {
    case 'title': {
      const [, name = '', section = ''] = /^(.+)\((\d)\)$/.exec(block.text) ?? []
      return [`.TH ${literal(name)} ${section} "" qmail-ts`, '.nh', '.ad l']
    }
    case 'section':
      return [`.SH "${prose(block.text)}"`]
    case 'part':
      return [`.SS "${prose(block.text)}"`]
    case 'paragraph':
      return ['.PP', text(block.text)]
    case 'list':
      return block.items.flatMap((item) => ['.IP \\(bu 2', text(item)])
    case 'table':
      return block.rows.flatMap(([term, words]) => ['.TP', text(term), text(words)])
    case 'code':
      return code(block.lines)
  }
}

/** A whole page, with its title, as man(7). Throws Error, naming the page, for Markdown that is not man/'s. */
export const toRoff = (name: string, page: string): string => {
  try {
    return `${['.\\" made from man/ and the tables in src/; edit those', ...parse(page).flatMap(blockLines)].join('\n')}\n`
  } catch (error) {
    throw new Error(`man/${name}.md: ${(error as Error).message}`)
  }
}
