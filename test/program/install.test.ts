import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { settings } from '../../src/control/table.ts'
import { files } from '../../src/suite/files.ts'
import { programRows } from '../../src/suite/programs.ts'
import { layFresh } from '../../tools/fresh.ts'
import { install } from '../../tools/install.ts'
import { instcheck } from '../../tools/instcheck.ts'
import { isRoot, makeHomeWithPages } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { maildir, startSuite, until } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'
import { PATIENT } from '../helpers/wait.ts'

const kind = isRoot ? 'private' : 'self'
const tool = (name: string, ...args: string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, '..', '..', 'tools', `${name}.ts`), ...args], { encoding: 'utf8' })

test('a fresh installation is as the table of files says, and instcheck finds what is not', { skip: isRoot ? false : 'owners can only be set by root' }, () => {
  const home = makeHomeWithPages('private')
  assert.deepEqual(instcheck(home.path, false), [])
  rmSync(home.at('queue', 'lock', 'tcpto'))
  spawnSync('chown', ['0:0', home.at('queue', 'todo')])
  spawnSync('chmod', ['4755', home.at('bin', 'qmail-send')])
  rmSync(home.at('drop', 'trigger'))
  mkdirSync(home.at('drop', 'trigger'))
  const r = tool('instcheck', home.path)
  assert.equal(r.status, 1)
  const lines = r.stderr.trimEnd().split('\n')
  for (const [path, what] of [
    [home.at('queue', 'lock', 'tcpto'), 'does not exist'],
    [home.at('queue', 'todo'), 'has wrong owner'],
    [home.at('queue', 'todo'), 'has wrong group'],
    [home.at('drop', 'trigger'), 'has wrong type'],
    ['.../bin/qmail-send', 'has wrong permissions']
  ]) {
    assert.ok(lines.includes(`instcheck: warning: ${path} ${what}`), `${path} ${what} in\n${r.stderr}`)
  }
  assert.equal(tool('instcheck', join(home.path, 'nowhere')).status, 111)
})

test('installing again, and over a folder with other files in it, harms nothing', () => {
  const path = mkdtempSync(join(tmpdir(), 'qm-'))
  after(() => rmSync(path, { recursive: true, force: true }))
  process.env.QMAIL_TEST_LINK_NODE = '1'
  mkdirSync(join(path, 'control'))
  mkdirSync(join(path, 'bin'))
  const mine: [string, string][] = [
    ['control/me', 'mine.example\n'],
    ['control/unknown', 'kept\n'],
    ['bin/site-script', '#!/bin/sh\n'],
    ['notes', 'kept\n']
  ]
  for (const [name, text] of mine) writeFileSync(join(path, name), text)
  install(path, kind)
  writeFileSync(join(path, 'queue', 'lock', 'tcpto'), Buffer.alloc(1024, 1))
  writeFileSync(join(path, 'queue', 'mess', '5', '28'), 'a message\n')
  install(path, kind)
  for (const [name, text] of mine) assert.equal(readFileSync(join(path, name), 'latin1'), text, name)
  assert.equal(readFileSync(join(path, 'queue', 'lock', 'tcpto'))[0], 1, 'the timeout table stays')
  assert.equal(readFileSync(join(path, 'queue', 'mess', '5', '28'), 'latin1'), 'a message\n')
  for (const { path: file, mode } of files) assert.equal(statSync(join(path, file)).mode & 0o7777, mode, file)
})

test('installing over a running suite leaves it serving', PATIENT, async () => {
  const home = makeHomeWithPages()
  home.control('locals', 'local.example\n')
  const [joe] = makeUsers(home, ['joe'])
  assert.ok(joe)
  const box = joe.maildir()
  const suite = await startSuite(home)
  const send = (n: number): Promise<unknown> => {
    assert.equal(runProgram(home, 'sendmail', { args: ['joe@local.example'], input: `Subject: ${n}\n\n` }).exit, 0)
    return until(`message ${n}`, () => maildir(box).length === n)
  }
  await send(1)
  install(home.path, kind)
  await send(2)
  install(home.path, kind)
  await send(3)
  assert.equal(await suite.stop(), 0)
})

test('uninstall removes the programs and leaves queue, control and mail', () => {
  const home = makeHomeWithPages()
  writeFileSync(home.at('queue', 'mess', '5', '28'), 'a message\n')
  const r = tool('uninstall', home.path)
  assert.equal(r.status, 0, r.stderr)
  for (const [name] of programRows) assert.equal(existsSync(home.at('bin', name)), false, name)
  assert.equal(existsSync(home.at('queue', 'mess', '5', '28')), true)
  assert.equal(readFileSync(home.at('control', 'me'), 'latin1'), 'mail.example.org\n')
})

test('the first line of every program names its runtime in the installation by its absolute path', () => {
  const home = makeHomeWithPages()
  for (const [name, { runtime }] of programRows) {
    const [first, second] = readFileSync(home.at('bin', name), 'latin1').split('\n')
    assert.ok(first?.includes(` ${home.at('lib', existsSync(home.at('lib', 'bun')) ? runtime : 'node')} `), `${name}: ${first}`)
    assert.ok((first?.length ?? 999) < 255)
    assert.equal(second, `// qmail-ts ${name}`)
  }
})

test('a PREFIX that programs could not be run from is refused before anything is laid, in one line', () => {
  const below = mkdtempSync(join(tmpdir(), 'qm-'))
  after(() => rmSync(below, { recursive: true, force: true }))
  for (const [name, why] of [
    ['with a blank', 'cannot be installed into'],
    ['quo"te', 'cannot be installed into'],
    ['per%cent', 'cannot be installed into'],
    ['x'.repeat(200), 'is too long']
  ] as const) {
    const prefix = join(below, name)
    const r = tool('install', '--ids', kind, prefix)
    assert.equal(r.status, 1)
    assert.match(r.stderr, new RegExp(`^install: the path .*${why}[^\n]*\n$`))
    assert.ok(!existsSync(prefix))
  }
})

test('doc/ has the pages and a template for each setting', () => {
  const home = makeHomeWithPages()
  assert.deepEqual(readdirSync(home.at('doc', 'control')).toSorted(), Object.keys(settings).toSorted())
  assert.match(readFileSync(home.at('doc', 'control', 'concurrencyremote'), 'latin1'), /^20\n# concurrencyremote: /)
  assert.deepEqual(readdirSync(home.at('control')), ['me'], 'none of them is in use unasked')
})

/** What control/ says, without the explanations. */
const values = (path: string, name: string): string[] =>
  readFileSync(join(path, 'control', name), 'latin1')
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('#'))

test('make install gives a fresh home what is customary today, and an existing one nothing', () => {
  process.env.QMAIL_TEST_LINK_NODE = '1'
  const below = mkdtempSync(join(tmpdir(), 'qm-'))
  after(() => rmSync(below, { recursive: true, force: true }))
  const path = join(below, 'fresh')
  const first = tool('install', '--ids', kind, path)
  assert.equal(first.status, 0, first.stderr)
  assert.deepEqual(readdirSync(join(path, 'control')).toSorted(), ['bounceformat', 'delaywarning', 'esmtp'])
  assert.match(first.stdout, /^control\/ was empty; it has .*esmtp/m)
  assert.deepEqual(values(path, 'bounceformat'), ['dsn'])
  assert.deepEqual(values(path, 'delaywarning'), ['14400'])
  for (const name of readdirSync(join(path, 'control'))) assert.equal(statSync(join(path, 'control', name)).mode & 0o777, 0o644, name)
  rmSync(join(path, 'control', 'bounceformat'))
  writeFileSync(join(path, 'control', 'esmtp'), 'PIPELINING\n')
  const again = tool('install', '--ids', kind, path)
  assert.equal(again.status, 0, again.stderr)
  assert.doesNotMatch(again.stdout, /was empty/)
  assert.deepEqual(readdirSync(join(path, 'control')).toSorted(), ['delaywarning', 'esmtp'], 'what was taken away stays away')
  assert.deepEqual(values(path, 'esmtp'), ['PIPELINING'])

  const old = join(below, 'old')
  mkdirSync(join(old, 'control'), { recursive: true })
  writeFileSync(join(old, 'control', 'me'), 'old.example\n')
  assert.equal(tool('install', '--ids', kind, old).status, 0)
  assert.deepEqual(readdirSync(join(old, 'control')), ['me'])
})

test('qmail-smtpd offers what a fresh control/esmtp lists, all of it', () => {
  const home = makeHomeWithPages()
  rmSync(home.at('control', 'me'))
  layFresh(home.path)
  home.control('me', 'mail.example.org\n')
  home.control('smtpdlog', 'none\n')
  const { stdout, stderr } = runProgram(home, 'qmail-smtpd', { input: 'EHLO client.example\r\nQUIT\r\n' })
  const offered = [...stdout.matchAll(/^250[- ](\S+)/gm)].map(([, word]) => word)
  assert.deepEqual(offered.slice(1), values(home.path, 'esmtp'))
  assert.equal(stderr, '')
})

test('make hands PREFIX on as one word', () => {
  const r = spawnSync('make', ['-s', '-n', 'uninstall', 'PREFIX=/tmp/a b'], { encoding: 'utf8', cwd: join(import.meta.dirname, '..', '..') })
  assert.match(r.stdout, /uninstall\.ts '\/tmp\/a b'$/m)
})

test('the tools say what is wrong without a stack trace', () => {
  const below = mkdtempSync(join(tmpdir(), 'qm-'))
  after(() => rmSync(below, { recursive: true }))
  const nowhere = join(below, 'nowhere')
  for (const [name, ...args] of [['install'], ['uninstall'], ['instcheck'], ['uninstall', nowhere], ['install', '--ids', kind, import.meta.filename]]) {
    const r = tool(name as string, ...args)
    assert.notEqual(r.status, 0)
    assert.match(r.stderr, new RegExp(`^${name}: [^\n]+\n$`))
  }
})
