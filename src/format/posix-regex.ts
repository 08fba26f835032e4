import type { Bytes } from '../core/bytes.ts'

const MAX_PATTERN_BYTES = 200
const MAX_SUBJECT_BYTES = 1000
/** More of them make a failing match take too long. */
const MAX_OPEN_QUANTIFIERS = 4

const CLASSES: Record<string, string> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: ' \\t\\n\\r\\f\\v',
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`{-~',
  print: ' -~',
  graph: '!-~',
  cntrl: '\\x00-\\x1f\\x7f',
  xdigit: '0-9A-Fa-f'
}

/** Does a repeated group hold a repetition or a choice? Such a pattern may take longer than anybody waits. */
const mayBlowUp = (pattern: string): boolean => {
  const bare = pattern.replace(/\\./g, 'x').replace(/\[\^?\]?[^\]]*\]/g, 'x')
  const groups: { isRisky: boolean }[] = []
  for (let i = 0; i < bare.length; i++) {
    const char = bare.charAt(i)
    if (char === '(') groups.push({ isRisky: false })
    else if (char === ')') {
      const group = groups.pop()
      const isRepeated = /[*+{]/.test(bare.charAt(i + 1))
      if (isRepeated && group?.isRisky) return true
      const outer = groups.at(-1)
      if (outer && (isRepeated || group?.isRisky)) outer.isRisky = true
    } else if (/[*+{|]/.test(char)) {
      const group = groups.at(-1)
      if (group) group.isRisky = true
    }
  }
  return (bare.match(/[*+]|\{\d+,\}/g) ?? []).length > MAX_OPEN_QUANTIFIERS
}

/**
 * A POSIX extended regular expression, unanchored, case not minded. Undefined for one that is malformed, too long, refers back, or could take for ever
 * (spec modern.md 6.3).
 */
export const posixRegex = (pattern: Bytes): ((text: Bytes) => boolean) | undefined => {
  if (pattern.length > MAX_PATTERN_BYTES || /\\[0-9]/.test(pattern) || pattern.includes('(?')) return undefined
  const source = pattern.replace(/\[:([a-z]+):\]/g, (whole, name: string) => CLASSES[name] ?? whole)
  if (mayBlowUp(source)) return undefined
  try {
    const regex = new RegExp(source, 'i')
    return (text) => regex.test(text.slice(0, MAX_SUBJECT_BYTES))
  } catch {
    return undefined
  }
}
