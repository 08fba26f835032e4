import assert from 'node:assert/strict'
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { settings } from '../../../src/control/table.ts'
import { injectLetters } from '../../../src/inject/command-line.ts'
import { sendmailLetters } from '../../../src/inject/sendmail-options.ts'
import { programRows } from '../../../src/suite/programs.ts'
import { SPEC } from '../../../src/tcpserver/options.ts'
import { type Block, parse } from '../../../tools/man/markdown.ts'
import { pages } from '../../../tools/man/pages.ts'
import { webPages } from '../../../tools/man/write.ts'

const top = join(import.meta.dirname, '..', '..', '..')
const all = pages().map(({ name, text }) => ({ name, text, blocks: parse(text) }))
const names = new Set(all.map(({ name }) => name))
const pageOf = (program: string) => all.find(({ name }) => name === `${program}.1` || name === `${program}.8`)

/** The blocks of a section. */
const sectionOf = (blocks: Block[], heading: string): Block[] => {
  const start = blocks.findIndex((b) => b.kind === 'section' && b.text === heading)
  if (start < 0) return []
  const length = blocks.slice(start + 1).findIndex((b) => b.kind === 'section')
  return blocks.slice(start + 1, length < 0 ? undefined : start + 1 + length)
}

/** What stands on the left of a section's tables. */
const termsOf = (blocks: Block[], heading: string): string[] =>
  sectionOf(blocks, heading).flatMap((b) => (b.kind === 'table' ? b.rows.map(([term]) => term) : []))

test('docs/man is what make docs makes of man/ and the tables', () => {
  const made = webPages()
  assert.deepEqual(readdirSync(join(top, 'docs', 'man')).toSorted(), [...made.keys()].toSorted(), 'make docs')
  for (const [file, text] of made) assert.equal(readFileSync(join(top, 'docs', 'man', file), 'utf8'), text, `make docs: ${file}`)
})

test('every program has one page, and every page says what it is about', () => {
  for (const [name] of programRows) {
    const found = all.filter((page) => page.name === `${name}.1` || page.name === `${name}.8`)
    assert.equal(found.length, 1, `man/${name}.1.md or man/${name}.8.md`)
  }
  for (const { name, blocks } of all) {
    const sections = blocks.flatMap((b) => (b.kind === 'section' ? [b.text] : []))
    assert.equal(sections.length, new Set(sections).size, `${name}: a section twice`)
    assert.deepEqual([sections[0], sections.at(-1)], ['NAME', 'SEE ALSO'], name)
    assert.ok(sectionOf(blocks, 'DESCRIPTION').length > 0, `${name}: DESCRIPTION`)
  }
})

test('every setting has its entry in qmail-control(5)', () => {
  const parts = all.find(({ name }) => name === 'qmail-control.5')?.blocks.flatMap((b) => (b.kind === 'part' ? [b.text] : []))
  assert.deepEqual(parts, Object.keys(settings))
})

/** Options a program is known to take: those of its parser, where that is to be had, and those of its synopsis. */
const optionsOf = (name: string, synopsis: string): string[] => {
  const words = Array.from(synopsis.matchAll(/(?<=[[ ])-(-[a-z-]+|[^\s\]-]+)/g), ([, word = '']) => word)
  const shown = words.flatMap((word) => (word.startsWith('-') ? [word] : name === 'sendmail' ? [word.charAt(0)] : Array.from(word)))
  return [...new Set([...shown, ...(parsers.get(name) ?? [])])]
}

const parsers = new Map<string, string[]>([
  ['qmail-inject', Object.keys(injectLetters)],
  ['sendmail', Object.keys(sendmailLetters)],
  ['tcpserver', Array.from(SPEC.replaceAll(':', ''))]
])
for (const file of globSync(['src/**/*.ts', 'bin/*.ts'], { cwd: top })) {
  for (const [, name = '', letters = ''] of readFileSync(join(top, file), 'utf8').matchAll(/getopt\('([^']+)', '([^']*)'/g))
    parsers.set(name, Array.from(letters.replaceAll(':', '')))
}

test('every option has its entry', () => {
  assert.ok(parsers.size >= 10, 'the parsers are found')
  for (const [name, { synopsis }] of programRows) {
    const page = pageOf(name)
    if (!page) continue
    const terms = termsOf(page.blocks, 'OPTIONS')
    const missing = optionsOf(name, synopsis).filter((option) => !terms.some((term) => term.includes(`\`-${option}`)))
    assert.deepEqual(missing, [], `${name}: OPTIONS`)
    const letters = terms.flatMap((term) => Array.from(term.matchAll(/`-([^`\s-])/g), ([, letter = '']) => letter))
    const unknown = letters.filter((letter) => !optionsOf(name, synopsis).includes(letter))
    assert.deepEqual(unknown, [], `${name}: OPTIONS it does not take`)
  }
})

test('every variable that the head of a program names is on its page', () => {
  for (const [name] of programRows) {
    const page = pageOf(name)
    const [, env = ''] = /^ \* ENV {5}([\s\S]*?)^ \* EXIT/m.exec(readFileSync(join(top, 'bin', `${name}.ts`), 'utf8')) ?? []
    const missing = Array.from(env.matchAll(/\b[A-Z][A-Z0-9_]{2,}\b/g), ([word]) => word).filter((word) => page && !page.text.includes(word))
    assert.deepEqual(missing, [], name)
  }
})

/** Pages that are not ours. */
const foreign = /^(flock|getent|inetd|logger|unix_chkpwd)$/

test('every page another one names is there', () => {
  for (const { name, text } of all) {
    const named = Array.from(text.replace(/```[\s\S]*?```/g, '').matchAll(/\b([a-zA-Z0-9_.-]+)\(([1-8])\)/g), ([, other, part]) => `${other}.${part}`)
    const missing = named.filter((other) => !names.has(other) && !foreign.test(other.slice(0, -2)))
    assert.deepEqual(missing, [], name)
  }
})

test('examples name programs that are there', () => {
  const known = new Set(programRows.flatMap(([name, { links }]) => [name, ...links]))
  for (const { name, blocks } of all) {
    for (const b of blocks) {
      const called =
        b.kind === 'code' ? b.lines.flatMap((line) => Array.from(line.matchAll(/\/var\/qmail\/bin\/([a-z0-9-]+)/g), ([, program = '']) => program)) : []
      for (const program of called) assert.ok(known.has(program), `${name}: ${program}`)
    }
  }
})
