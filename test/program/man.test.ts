import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { settings } from '../../src/control/table.ts'
import { injectLetters } from '../../src/inject/command-line.ts'
import { sendmailLetters } from '../../src/inject/sendmail-options.ts'
import { programRows } from '../../src/suite/programs.ts'
import { SPEC } from '../../src/tcpserver/options.ts'
import { type Block, parse } from '../../tools/man/markdown.ts'
import { pageFiles, pages } from '../../tools/man/pages.ts'
import { webPages } from '../../tools/man/write.ts'
import { makeHome } from '../helpers/home.ts'

const top = join(import.meta.dirname, '..', '..')
const home = makeHome()
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

const blocksOf = (kind: string) =>
  all.flatMap(({ name, blocks }) => blocks.flatMap((b, i) => (b.kind === 'code' && b.info === kind ? [{ name, lines: b.lines, next: blocks[i + 1] }] : [])))

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

for (const [i, { name, lines, next }] of blocksOf('sh run').entries()) {
  test(`example ${i} of ${name} does what it says`, () => {
    assert.ok(next?.kind === 'code' && next.info === 'output', 'what it prints stands below it')
    const cwd = mkdtempSync(home.at('example-'))
    const r = spawnSync('sh', ['-e', '-c', lines.join('\n').replaceAll('/var/qmail', home.path)], {
      cwd,
      env: { PATH: `${home.at('bin')}:/usr/bin:/bin`, HOME: cwd, USER: 'joe', LC_ALL: 'C' },
      encoding: 'latin1'
    })
    assert.equal(`${r.stdout}${r.stderr}`.replaceAll(home.path, '/var/qmail').trimEnd(), next.lines.join('\n'))
  })
}

const hasMan = ['man', 'groff'].every((program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0)
const withMan = { skip: hasMan ? false : 'man(1) and groff(1) are not here: apt-get install man-db groff' }

test('groff has nothing to warn of in any installed page', withMan, () => {
  const files = pageFiles().map((file) => home.at('man', file))
  assert.ok(files.length >= all.length)
  // -z formats and prints nothing; -ww warns of all
  const r = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-z', ...files], { encoding: 'utf8' })
  assert.deepEqual([r.status, r.stdout, r.stderr], [0, '', ''])
})

test('man shows an installed page, without a warning, by file and by name', withMan, () => {
  const env = { PATH: process.env.PATH, MANWIDTH: '80', LC_ALL: 'C.UTF-8' }
  const text = (...args: string[]): string => {
    const r = spawnSync('man', args, { encoding: 'utf8', env: { ...env, MAN_KEEP_FORMATTING: '' } })
    assert.deepEqual([r.status, r.stderr], [0, ''], args.join(' '))
    return r.stdout.replace(/.\x08/g, '')
  }
  const shown = text('--warnings', '-l', home.at('man', 'man5', 'qmail-control.5'))
  for (const name of Object.keys(settings)) assert.match(shown, new RegExp(`^ +${name}$`, 'm'))
  assert.match(text('-M', home.at('man'), 'qmail-queue'), /^EXIT CODES$[\s\S]*^ +53 +write error$/m)
  assert.ok(shown.includes(`${home.path}/control`), 'with its own home in it')
})

test('make uninstall takes the pages, and leaves those of others', () => {
  const other = makeHome()
  mkdirSync(other.at('man', 'man3'))
  after(() => rmSync(other.path, { recursive: true, force: true }))
  assert.ok(existsSync(other.at('man', pageFiles()[0] ?? '')))
  const r = spawnSync(process.execPath, [join(top, 'tools', 'uninstall.ts'), other.path], { encoding: 'utf8' })
  assert.equal(r.stderr, '')
  assert.deepEqual(readdirSync(other.at('man'), { recursive: true }), ['man3'])
})
