import assert from 'node:assert/strict'
import { type StdioOptions, spawn, spawnSync } from 'node:child_process'
import { chmodSync, closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { programRows } from '../../src/suite/programs.ts'
import { isRoot, makeHome } from '../helpers/home.ts'

const home = makeHome()
const withBun = existsSync(home.at('lib', 'bun')) ? false : 'no Bun for this machine'
const below = mkdtempSync(join(tmpdir(), 'qm-hostile-'))
after(() => rmSync(below, { recursive: true, force: true }))
chmodSync(below, 0o777)

/** What a user's code does when anything runs it: it leaves a mark, speaks, and ends the process. */
const mark = join(below, 'mark')
const CODE = `require('node:fs').appendFileSync(${JSON.stringify(mark)}, 'run\\n'); console.log('hostile'); process.exit(42)\n`
const hostile = join(below, 'hostile')
const plain = join(below, 'plain')
const evil = join(hostile, 'evil.js')
const ENV_FILE = `QMAILQUEUE=/bin/false\nQMAILUSER=evil\nQMAILHOST=evil.example\nQMAILINJECT=f\nBUN_OPTIONS=--preload=${evil}\nNODE_OPTIONS=--require=${evil}\n`
const BUNFIG = `preload = [${JSON.stringify(evil)}]\n[run]\npreload = [${JSON.stringify(evil)}]\nbun = true\n[define]\n"process.env.QMAILUSER" = "'evil'"\n`

/** Every file a runtime may look for in the current folder or in $HOME. */
const FILES: Record<string, string> = {
  '.env': ENV_FILE,
  '.env.local': ENV_FILE,
  '.env.production': ENV_FILE,
  '.env.development': ENV_FILE,
  'bunfig.toml': BUNFIG,
  '.bunfig.toml': BUNFIG,
  'package.json':
    '{ "type": "module", "main": "evil.js", "imports": { "#*": "./evil.js" }, "bin": { "sendmail": "evil.js" }, "scripts": { "sendmail": "exit 43" } }',
  'tsconfig.json': '{ "compilerOptions": { "baseUrl": ".", "paths": { "*": ["./evil.js"], "node:*": ["./evil.js"] }, "jsx": "react" } }',
  'jsconfig.json': '{ "compilerOptions": { "baseUrl": ".", "paths": { "*": ["./evil.js"] } } }',
  'bun.lockb': 'no lock file',
  '.npmrc': 'registry=http://127.0.0.1:1/\nnode-options=--require=./evil.js\n',
  'evil.js': CODE,
  'node_modules/minimist/index.js': CODE,
  'node_modules/fs/index.js': CODE,
  'node_modules/path/index.js': CODE,
  ...Object.fromEntries(programRows.map(([name]) => [`${name}.js`, CODE])),
  ...Object.fromEntries(programRows.map(([name]) => [`bin/${name}.js`, CODE]))
}
mkdirSync(plain)
for (const [name, text] of Object.entries(FILES)) {
  mkdirSync(join(hostile, name, '..'), { recursive: true })
  writeFileSync(join(hostile, name), text)
}

/** Every variable by which a user could have a runtime run other code, listen, or write: each must be without effect. */
const VARIABLES: Record<string, string> = {
  BUN_OPTIONS: `--preload=${evil}`,
  BUN_BE_BUN: '1',
  BUN_INSPECT: 'ws://127.0.0.1:0/x',
  BUN_INSPECT_PRELOAD: evil,
  BUN_INSPECT_NOTIFY: `unix://${join(below, 'notify')}`,
  BUN_INSPECT_CONNECT_TO: `unix://${join(below, 'connect')}`,
  BUN_RUNTIME_TRANSPILER_CACHE_PATH: join(hostile, 'cache'),
  BUN_INSTALL: hostile,
  BUN_CONFIG_REGISTRY: 'http://127.0.0.1:1/',
  BUN_PORT: '1',
  BUN_TMPDIR: hostile,
  NODE_OPTIONS: `--require=${evil}`,
  NODE_PATH: join(hostile, 'node_modules'),
  NODE_ENV: 'development',
  NODE_CHANNEL_FD: '1',
  NODE_UNIQUE_ID: '1',
  NODE_DEBUG: 'fs,module,net',
  NODE_V8_COVERAGE: join(hostile, 'coverage'),
  NODE_COMPILE_CACHE: join(hostile, 'cache'),
  NODE_REPL_EXTERNAL_MODULE: evil,
  NODE_EXTRA_CA_CERTS: evil,
  XDG_CONFIG_HOME: hostile,
  XDG_CACHE_HOME: hostile,
  npm_config_node_options: `--require=${evil}`
}

interface Outcome {
  code: number | string | null
  text: string
}

/** Runs a program with these arguments and this input; numbers that differ from run to run are taken out. */
const outcome = (program: string, args: string[], cwd: string, env: Record<string, string>): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const input = openSync(join(below, 'message'), 'r')
    const empty = openSync('/dev/null', 'r')
    const stdio: StdioOptions = [input, program === 'qmail-queue' ? empty : 'pipe', 'pipe'] // qmail-queue reads descriptor 1
    const child = spawn(home.at('bin', program), args, { cwd, env: { PATH: '/usr/bin:/bin', ...env }, stdio })
    for (const fd of [input, empty]) closeSync(fd)
    const texts = ['', '']
    for (const [i, stream] of [child.stdout, child.stderr].entries()) stream?.on('data', (data: Buffer) => (texts[i] += data.toString('latin1')))
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code: code ?? signal, text: texts.join('|').replace(/^Date:.*$|^Message-ID:.*$/gm, '') }))
  })
writeFileSync(join(below, 'message'), 'From: a@b.example\nSubject: x\n\nhello\n')

const bunPrograms = programRows.flatMap(([name, { runtime }]) => (runtime === 'bun' ? [name] : []))
/** A call that gets as far as a program can without doing anything that cannot be done again; else one without arguments. */
const ARGS: Record<string, string[]> = {
  'qmail-inject': ['-n', 'c@d.example'],
  sendmail: ['-bP'],
  'qmail-local': ['-n', 'u', plain, 'u', '', '', 'd.example', 's@d.example', './Mailbox']
}

/** How a program is started: its first line, but for its own name. What a variable alone does to a runtime can only differ where this does. */
const startOf = (program: string): string => readFileSync(home.at('bin', program), 'latin1').split('\n', 1)[0]?.replace(/ \S+$/, '') ?? ''
/** One program for each way to start. */
const examples = [...Map.groupBy(bunPrograms, startOf).values()].map(([first]) => first)

for (const program of bunPrograms) {
  test(`${program} does the same in a folder, a home and an environment that would change what a runtime does`, {
    skip: withBun,
    timeout: 120_000
  }, async () => {
    const args = ARGS[program] ?? []
    const expected = await outcome(program, args, plain, { HOME: plain })
    assert.deepEqual(await outcome(program, args, hostile, { HOME: hostile }), expected, 'the folder')
    assert.deepEqual(await outcome(program, args, hostile, { HOME: hostile, ...VARIABLES }), expected, 'all variables')
    if (examples.includes(program))
      for (const [name, value] of Object.entries(VARIABLES))
        assert.deepEqual(await outcome(program, args, plain, { HOME: plain, [name]: value }), expected, name)
    assert.equal(existsSync(mark), false, 'no code of the folder was run')
  })
}

const drops = (): string[] => readdirSync(home.at('drop')).filter((name) => name !== 'trigger')
const FROM_A_USER = { uid: 64_250, gid: 64_250 }

test('a message from such a folder is queued as it would be from any other', {
  skip: withBun || (isRoot ? false : 'needs root: drop/ shows what was queued')
}, () => {
  const env = { PATH: '/usr/bin:/bin', HOME: hostile, ...VARIABLES }
  const r = spawnSync(home.at('bin', 'sendmail'), ['c@d.example'], { cwd: hostile, env, input: 'Subject: x\n\nhello\n', ...FROM_A_USER })
  assert.deepEqual([r.status, String(r.stdout), String(r.stderr)], [0, '', ''])
  const [name] = drops()
  assert.ok(name)
  const text = readFileSync(home.at('drop', name), 'latin1')
  assert.match(text, /\n\nhello\n/)
  assert.doesNotMatch(text, /evil/)
  assert.equal(existsSync(mark), false)
})

for (const [what, where] of [
  ['gone', 'rmdir "$PWD"'],
  ['closed to its caller', 'chmod 0 .']
] as const) {
  test(`sendmail and qmail-queue work in a folder that is ${what}`, { skip: isRoot ? false : 'needs root: becomes another user' }, () => {
    const folder = mkdtempSync(join(below, 'f-'))
    const script = `cd "$1"; ${where}; shift; exec "$@"`
    const as = (...command: string[]) =>
      spawnSync('/bin/sh', ['-c', script, 'sh', folder, 'setpriv', '--reuid', '64250', '--regid', '64250', '--clear-groups', ...command], {
        input: 'Subject: x\n\nhello\n',
        env: { PATH: '/usr/bin:/bin' }
      })
    const before = drops().length
    const r = as(home.at('bin', 'sendmail'), 'c@d.example')
    assert.deepEqual([r.status, String(r.stderr)], [0, ''])
    assert.equal(drops().length, before + 1)
    assert.equal(as('/bin/sh', '-c', `${home.at('bin', 'qmail-queue')} 1</dev/null`).status, 54)
  })
}
