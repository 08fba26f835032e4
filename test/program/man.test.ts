import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { settings } from '../../src/control/table.ts'
import { parse } from '../../tools/man/markdown.ts'
import { pageFiles, pages } from '../../tools/man/pages.ts'
import { toRoff } from '../../tools/man/roff.ts'
import { makeHomeWithPages } from '../helpers/home.ts'

const top = join(import.meta.dirname, '..', '..')
const home = makeHomeWithPages()
const all = pages().map(({ name, text }) => ({ name, blocks: parse(text) }))

const blocksOf = (kind: string) =>
  all.flatMap(({ name, blocks }) => blocks.flatMap((b, i) => (b.kind === 'code' && b.info === kind ? [{ name, lines: b.lines, next: blocks[i + 1] }] : [])))

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
  // -z formats and prints nothing; -ww warns of all; the lines are long: the installation's path, which is on the pages, may be
  const r = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-z', '-rLL=300n', ...files], { encoding: 'utf8' })
  assert.deepEqual([r.status, r.stdout, r.stderr], [0, '', ''])
})

test('what means something to groff is text all the same', withMan, () => {
  const odd = ['.TH no request', "'br nor this", 'a\\nb \\fBc \\" d', `"quoted" 'single' \`back\` ^ ~ -- -x`]
  const page = `# odd(1)\n\n## NAME\n\nodd - \`.dot\` first\n\n## SEE ALSO\n\n.dot \\fB(x) \`\\e\` *slanted-word*\n\n\`\`\`\n${odd.join('\n')}\n\`\`\`\n`
  const r = spawnSync('groff', ['-man', '-Tascii', '-P-c', '-P-b', '-P-u', '-ww'], { input: toRoff('odd.1', page), encoding: 'latin1' })
  assert.deepEqual([r.status, r.stderr], [0, ''])
  const text = r.stdout.replace(/\x1b\[\d*m/g, '')
  for (const line of [...odd, '.dot \\fB(x) \\e slanted-word', 'odd - .dot first']) assert.ok(text.includes(` ${line}\n`), `${line}\n${text}`)
})

test('Markdown that man/ does not have is an error that names page and place', () => {
  for (const [text, why] of [
    ['1. one', 'this Markdown is not known here: 1. one'],
    ['> quoted', 'this Markdown is not known here: > quoted'],
    ['#### deep', 'not a heading of its own: #### deep'],
    ['| a | b | c |\n| --- | --- | --- |', 'a table needs'],
    ['| a | b |\n| --- | --- |\n| a | b | c |', 'not two columns: | a | b | c |'],
    ['```\nno end', 'a code block without its end'],
    ['caf\u00e9', 'only ASCII']
  ] as const) {
    assert.throws(
      () => toRoff('x.1', text),
      ({ message }: Error) => message.startsWith(`man/x.1.md: ${why}`)
    )
  }
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
  const other = makeHomeWithPages()
  mkdirSync(other.at('man', 'man3'))
  after(() => rmSync(other.path, { recursive: true, force: true }))
  assert.ok(existsSync(other.at('man', pageFiles()[0] ?? '')))
  const r = spawnSync(process.execPath, [join(top, 'tools', 'uninstall.ts'), other.path], { encoding: 'utf8' })
  assert.equal(r.stderr, '')
  assert.deepEqual(readdirSync(other.at('man'), { recursive: true }), ['man3'])
})
