/** Writes the pages: for man(1) into build/man, for reading on the web into docs/man. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inSection, otherNames, pages } from './pages.ts'
import { toRoff } from './roff.ts'

const top = join(import.meta.dirname, '..', '..')
/** The folder of the pages for man(1), with one for each section. */
export const builtPages = join(top, 'build', 'man')

/** Into build/man. */
export const writeManPages = (): void => {
  rmSync(builtPages, { recursive: true, force: true })
  const all = new Map(pages().map(({ name, text }) => [name, toRoff(name, text)]))
  for (const [link, page] of otherNames()) all.set(link, all.get(page) ?? '')
  for (const [name, roff] of all) {
    mkdirSync(join(builtPages, inSection(name), '..'), { recursive: true })
    writeFileSync(join(builtPages, inSection(name)), roff)
  }
}

/** A name with its section becomes a link, where the page is ours; outside of code. */
const linked = (text: string, names: Set<string>): string =>
  text
    .split(/(```[\s\S]*?\n```|`[^`]+`|^#.*$)/m)
    .map((part, i) =>
      i % 2 === 1
        ? part
        : part.replace(/\b([a-zA-Z0-9_.-]+)\(([1-8])\)/g, (whole, name, n) => (names.has(`${name}.${n}`) ? `[${whole}](${name}.${n}.md)` : whole))
    )
    .join('')

/** The pages of docs/man, by their file's name. */
export const webPages = (): Map<string, string> => {
  const all = pages()
  const names = new Set(all.map(({ name }) => name))
  const index = all.map(({ name, text }) => `* [${name.slice(0, -2)}(${name.slice(-1)})](${name}.md): ${/## NAME\n\n.+? - (.*)/.exec(text)?.[1]}`)
  const made = '<!-- made by `make docs` from man/ and the tables in src/; edit those -->\n'
  return new Map([
    ...all.map(({ name, text }): [string, string] => [`${name}.md`, `${made}${linked(text, names).trimEnd()}\n`]),
    ['README.md', `# Manual pages\n${made}\n${index.join('\n')}\n`]
  ])
}

/** Into docs/man; pages that are no more go. */
export const writeWebPages = (): void => {
  const [folder, all] = [join(top, 'docs', 'man'), webPages()]
  mkdirSync(folder, { recursive: true })
  for (const file of readdirSync(folder)) if (!all.has(file)) rmSync(join(folder, file))
  for (const [file, text] of all) writeFileSync(join(folder, file), text)
}
