import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { explain } from '../../src/core/failure.ts'
import { type Home, makeHome } from '../helpers/home.ts'
import { SendRig } from '../helpers/send-rig.ts'
import { startDaemon, startSuite, until } from '../helpers/suite.ts'
import { PATIENT } from '../helpers/wait.ts'

/** How qmail-start ends when it is started with this PATH, and all it said. */
const started = async (home: Home, path: string): Promise<{ code: unknown; said: string }> => {
  const child = spawn(home.at('bin', 'qmail-start'), ['./Maildir/'], { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: path } })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data))
  return { code: await new Promise((resolve) => child.on('close', resolve)), said }
}

test('qmail-start says which program it did not find, and where it looked', PATIENT, async () => {
  const home = makeHome()
  rmSync(home.at('bin', 'qmail-clean'))
  const { code, said } = await started(home, '/usr/games:/usr/bin:/bin')
  assert.equal(code, 111)
  const where = `/usr/games:/usr/bin:/bin:${home.at('bin')}`
  assert.ok(said.includes(`qmail-start: fatal: qmail-clean: unable to run it: file does not exist in any folder of PATH, ${where}\n`), said)
  assert.doesNotMatch(said, /permission model/)
})

for (const [what, path] of [
  ['a PATH without them', '/usr/games:/usr/bin:/bin'],
  ['no PATH', undefined]
] as const) {
  test(`qmail-start finds its daemons beside itself under ${what}`, PATIENT, async () => {
    const home = makeHome()
    const child = spawn(home.at('bin', 'qmail-start'), ['./Maildir/'], { stdio: ['ignore', 'pipe', 'inherit'], env: path === undefined ? {} : { PATH: path } })
    const line = await new Promise((resolve) => child.stdout.once('data', (data) => resolve(String(data))))
    assert.equal(line, 'status: local 0/10 remote 0/20\n')
    child.kill()
    assert.equal(await new Promise((resolve) => child.on('exit', resolve)), 0)
  })
}

test('other folders may come before bin/ in PATH', PATIENT, async () => {
  const home = makeHome()
  const folder = mkdtempSync(join(tmpdir(), 'qm-'))
  after(() => rmSync(folder, { recursive: true }))
  const child = spawn(home.at('bin', 'qmail-start'), ['./Maildir/'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: `${folder}:/usr/local/bin:${home.at('bin')}:/usr/bin:/bin` }
  })
  const line = await new Promise((resolve) => child.stdout.once('data', (data) => resolve(String(data))))
  assert.equal(line, 'status: local 0/10 remote 0/20\n')
  child.kill()
  assert.equal(await new Promise((resolve) => child.on('exit', resolve)), 0)
})

test('a second qmail-start on the same queue ends at once, and the first goes on', PATIENT, async () => {
  const home = makeHome()
  const suite = await startSuite(home)
  const second = startDaemon(home, 'qmail-start', ['./Maildir/'], 'second')
  const ended = new Promise((resolve) => second.child.on('exit', resolve))
  await until('its reason', () => second.log() !== '')
  const begin = Date.now()
  assert.equal(await ended, 111)
  assert.ok(Date.now() - begin < 8000, 'it does not sit out the wait of qmail-queued')
  assert.equal(second.log(), 'alert: cannot start: qmail-send is already running\n')
  assert.equal(await suite.stop(), 0)
})

test('which setting cannot be read is in the log of the suite, before the line that qmail has', PATIENT, async () => {
  const home = makeHome()
  mkdirSync(home.at('control', 'percenthack'))
  const daemon = startDaemon(home, 'qmail-start', ['./Maildir/'])
  assert.equal(await new Promise((resolve) => daemon.child.on('exit', resolve)), 111)
  assert.equal(daemon.log(), 'alert: unable to read control/percenthack: is a directory\nalert: cannot start: unable to read controls\n')
  rmSync(home.at('control', 'percenthack'), { recursive: true })
  rmSync(home.at('control', 'me'))
  const other = startDaemon(home, 'qmail-start', ['./Maildir/'], 'other')
  assert.equal(await new Promise((resolve) => other.child.on('exit', resolve)), 111)
  assert.equal(other.log(), 'alert: control/locals and control/me are missing\nalert: cannot start: unable to read controls\n')
})

test('qmail-send that sleeps because a folder of info/ is missing ends at SIGTERM, and says so once', PATIENT, async () => {
  const home = makeHome()
  renameSync(home.at('queue', 'info', '7'), home.at('info-7'))
  const rig = new SendRig(home)
  await rig.logged(/unable to opendir info\/7, sleeping/)
  assert.equal(await rig.stop(), 0)
  assert.equal(rig.log, 'alert: unable to opendir info/7, sleeping...\nstatus: exiting\n')
})

test('what nobody worded still names its file', () => {
  const thrown = (work: () => unknown): unknown => {
    try {
      return work()
    } catch (error) {
      return error
    }
  }
  assert.equal(explain(thrown(() => readFileSync('/nowhere'))), '/nowhere: file does not exist')
  assert.equal(explain(thrown(() => process.chdir('/nowhere'))), '/nowhere: file does not exist')
  assert.equal(explain(new Error('words')), 'words')
})
