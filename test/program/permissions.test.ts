import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { markerOf } from '../../src/os/own.ts'
import { startResident } from '../../src/spawn/own-program.ts'
import { type ProgramName, programRows, programs } from '../../src/suite/programs.ts'
import { shebang } from '../../tools/install.ts'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { until } from '../helpers/wait.ts'

// What the first line of a program can say depends on the length of its path: not on whoever's $TMPDIR.
const home = makeHome(undefined, '/tmp')
writeFileSync(home.at('queue', 'mess', 'probe'), 'x')

/** Takes the place of a program and tries what it might do; prints what it could. */
const PROBE = `
const fs = require('node:fs'), net = require('node:net'), cp = require('node:child_process')
const can = {}
const attempt = (what, act) => { try { act(); can[what] = true } catch (e) { can[what] = e.code !== 'ERR_ACCESS_DENIED' } }
attempt('read /etc/hostname', () => fs.readFileSync('/etc/hostname'))
attempt('read control', () => fs.readFileSync(${JSON.stringify(home.at('control', 'me'))}))
attempt('read queue', () => fs.readFileSync(${JSON.stringify(home.at('queue', 'mess', 'probe'))}))
attempt('write home', () => fs.writeFileSync(${JSON.stringify(home.at('lib', 'probe'))}, 'x'))
attempt('write /tmp', () => fs.rmSync(fs.mkdtempSync('/tmp/qm-probe-'), { recursive: true }))
attempt('write queue', () => fs.writeFileSync(${JSON.stringify(home.at('queue', 'todo', 'probe'))}, 'x'))
attempt('write queue/lock', () => fs.writeFileSync(${JSON.stringify(home.at('queue', 'lock', 'probe'))}, 'x'))
attempt('start a process', () => cp.spawnSync('/bin/true'))
const socket = net.connect(${JSON.stringify(home.at('run', 'nobody'))})
socket.on('error', (e) => {
  can.connect = e.code !== 'ERR_ACCESS_DENIED'
  process.stdout.write(JSON.stringify(Object.keys(can).filter((k) => can[k]).sort()), () => process.exit(0))
})
`

const lay = (name: ProgramName): void => {
  const file = home.at('bin', name)
  writeFileSync(file, `${shebang(home.path, name, programs[name], false)}\n${markerOf(name)}\n${PROBE}`)
  chmodSync(file, 0o755)
}

const residentCan = async (name: ProgramName): Promise<string[]> => {
  const child = startResident(home.path, name, { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: '/usr/bin:/bin' } })
  let text = ''
  for await (const chunk of child.stdout ?? []) text += String(chunk)
  return JSON.parse(text) as string[]
}

// Written out here, not taken from the table: the table is what is tested. Reading is granted by the whole home where the first line would get too long.
const firstGear: [ProgramName, string[]][] = [
  ['qmail-start', ['read /etc/hostname', 'read control', 'read queue', 'start a process']],
  ['qmail-lspawn', ['read /etc/hostname', 'read control', 'read queue', 'start a process']],
  ['qmail-rspawn', ['read /etc/hostname', 'read control', 'read queue', 'start a process', 'write queue/lock']],
  ['qmail-clean', ['read queue', 'write queue', 'write queue/lock']],
  ['qmail-getpw', ['read /etc/hostname', 'read control', 'read queue', 'start a process']],
  ['qmail-remote', ['connect', 'read /etc/hostname', 'read control', 'read queue', 'start a process', 'write queue/lock']],
  ['tcpserver', ['connect', 'read /etc/hostname', 'read control', 'read queue', 'start a process']],
  ['qmail-qstat', ['read queue']],
  ['qmail-qread', ['read queue']],
  ['qmail-showctl', ['read /etc/hostname', 'read control', 'read queue']],
  ['qmail-tlsd', ['connect', 'read /etc/hostname', 'read control', 'read queue']],
  ['qmail-tlspolicy', ['connect', 'read /etc/hostname', 'read control']],
  ['qmail-authd', ['connect', 'read control', 'read queue', 'start a process']],
  ['authclient', ['connect', 'read /etc/hostname', 'read control', 'read queue', 'start a process']]
]
const secondGear: [ProgramName, string[]][] = [
  ['tcpserver', ['read /etc/hostname', 'read control', 'read queue', 'start a process']],
  ['qmail-smtpd', ['read control']],
  ['qmail-tlsd', ['read control']],
  ['qmail-remote', ['connect', 'read control', 'read queue', 'start a process', 'write queue/lock']],
  ['qmail-getpw', ['read /etc/hostname', 'read control', 'read queue', 'start a process']]
]

for (const [name, may] of firstGear) {
  test(`${name} can do nothing beyond: ${may.join(', ')}`, () => {
    lay(name)
    const { stdout, stderr } = runProgram(home, name)
    assert.deepEqual(JSON.parse(stdout || `"${stderr}"`), may.toSorted())
  })
}

for (const [name, may] of secondGear) {
  test(`a resident ${name} can do nothing beyond: ${may.join(', ')}`, async () => {
    lay(name)
    assert.deepEqual(await residentCan(name), may.toSorted())
  })
}

test('qmail-tlsd -c as qmail-start runs it can connect, read control and nothing beyond', async () => {
  lay('qmail-tlsd')
  home.control('clientcert.pem', '')
  const log = home.at('lib', 'helpers.log')
  const out = openSync(log, 'w')
  const main = `import { Helpers } from ${JSON.stringify(join(import.meta.dirname, '..', '..', 'src', 'start', 'helpers.ts'))}
new Helpers({ home: ${JSON.stringify(home.path)}, env: { PATH: '/usr/bin:/bin' } }).start()`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', main], { stdio: ['ignore', out, out] })
  const said = await until('what it can', () => /^\[.*\]/m.exec(readFileSync(log, 'latin1'))?.[0])
  child.kill('SIGKILL')
  closeSync(out)
  assert.deepEqual(JSON.parse(said), ['connect', 'read control'])
})

test("every daemon and every program that meets strangers is under the model, but for those that must fsync, and lmtp, which is a recipient's own", () => {
  const unrestricted = programRows.filter(([, { ring, permissions }]) => 'RQN'.includes(ring) && permissions.includes('unrestricted')).map(([name]) => name)
  assert.deepEqual(unrestricted.toSorted(), ['lmtp', 'qmail-qmqpd', 'qmail-qmtpd', 'qmail-queued', 'qmail-send', 'qmail-smtpd'])
})

test('what is run for one message starts without compilers where its first line has room, and starts all the same where it has none', () => {
  const quick = ['sendmail', 'qmail-inject', 'qmail-queue', 'forward'] as const
  for (const name of quick) {
    assert.match(shebang('/var/qmail', name, programs[name], true), / BUN_JSC_useJIT=0 \/var\/qmail\/lib\/bun /, name)
    const long = `/${'x'.repeat(70)}`
    assert.match(shebang(long, name, programs[name], true), /\/lib\/bun /, name)
  }
  assert.doesNotMatch(shebang('/var/qmail', 'qmail-newu', programs['qmail-newu'], true), /useJIT/)
})

test('daemons compile in their main thread, so that no exit waits for a compiler', () => {
  const daemons = programRows.filter(([name]) => /^(qmail-(start|send|queued|clean|lspawn|rspawn|smtpd|tlsd|authd|rcptd)|tcpserver)$/.test(name))
  const without = (place: string): string[] =>
    daemons.filter(([name, program]) => !shebang(place, name, program, true).includes(' --single-threaded ')).map(([name]) => name)
  assert.equal(daemons.length, 11)
  assert.deepEqual(without('/var/qmail'), [])
  assert.deepEqual(without('/usr/local/qmail'), ['qmail-lspawn'], 'its first line has no room there')
})

test('a bound of memory finds room in the first line where administrators install', () => {
  for (const place of ['/var/qmail', '/usr/local/qmail'])
    for (const [name, program] of programRows) {
      if (program.youngMegabytes === undefined) continue
      assert.match(shebang(place, name, program, true), new RegExp(`--max-semi-space-size=${program.youngMegabytes} `), `${place}: ${name}`)
    }
})
