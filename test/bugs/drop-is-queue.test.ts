import assert from 'node:assert/strict'
import { chmodSync, chownSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { suiteGroup, suiteUser } from '../../src/os/ids.ts'
import { packTrailer } from '../../src/queue/drop-format.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { takeQueued } from '../helpers/queued.ts'
import { runProgram } from '../helpers/run-program.ts'
import { startQueued } from '../helpers/suite.ts'

const home = makeHome()
const owner = isRoot ? 64_250 : (process.getuid?.() ?? 0)

/** Lays an accepted message into drop/, as a caller leaves it. */
const lay = (name: string, message: string, envelope: string): void => {
  const path = home.at('being-laid')
  const trailer = packTrailer({ messageBytes: message.length, envelopeBytes: envelope.length, pid: 4711, startMs: Date.now() })
  writeFileSync(path, Buffer.concat([Buffer.from(message + envelope, 'latin1'), trailer]), { mode: 0o640 })
  if (isRoot) chownSync(path, owner, suiteGroup(home.path, 'qmail'))
  renameSync(path, home.at('drop', name))
}
const drops = (): string[] => readdirSync(home.at('drop')).filter((name) => name.startsWith('m.'))
const counts = (n: number): string => `messages in queue: ${n}\nmessages in queue but not yet preprocessed: ${n}\n`
const queuedOnce = () => runProgram(home, 'qmail-queued', { args: ['--once'] })

lay('m.1700000000001.5.a', 'hello', 'Fs\te@h.example\0Ta@b.example\0Tc@d.example\0\0')
lay('m.1700000000000.6.b', 'hi', 'F\0Te@f.example\0\0')
writeFileSync(home.at('drop', 't.half'), 'being written')
writeFileSync(home.at('drop', 'bad.1.1'), 'set aside')

test('qmail-qstat and sendmail -bP count what waits in drop/', () => {
  assert.deepEqual(runProgram(home, 'qmail-qstat'), { exit: 0, stdout: counts(2), stderr: '' })
  assert.equal(runProgram(home, 'qmail-qstat', { args: ['--json'] }).stdout, '{"messages":2,"unprocessed":2}\n')
  assert.equal(runProgram(home, 'sendmail', { args: ['-bP'] }).stdout, '2\n')
})

test('qmail-qread and mailq list it', () => {
  const date = String.raw`\d+ [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT`
  const second = String.raw`#m\.1700000000001\.5\.a  5  <s_e@h\.example> \n\tdrop\ta@b\.example\n\tdrop\tc@d\.example\n`
  const expected = new RegExp(String.raw`^${date}  #m\.1700000000000\.6\.b  2  <> \n\tdrop\te@f\.example\n${date}  ${second}$`)
  const r = runProgram(home, 'qmail-qread')
  assert.deepEqual([r.exit, r.stderr], [0, ''])
  assert.match(r.stdout, expected)
  const row = String.raw`m\.1700000000001\.5\.a +5 [A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d <s_e@h\.example>\n +\(just accepted\)\n\t{5} <a@b\.example>\n\t{5} <c@d\.example>\n`
  assert.match(runProgram(home, 'mailq').stdout, new RegExp(String.raw`^-----Q-ID-----.*\nm\.[\s\S]*\n${row}\t\tTotal requests: 2\n$`))
  const objects = runProgram(home, 'qmail-qread', { args: ['--json'] })
    .stdout.trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(
    objects.map(({ drop, recipients }) => [drop, recipients]),
    [
      ['m.1700000000000.6.b', ['e@f.example']],
      ['m.1700000000001.5.a', ['a@b.example', 'c@d.example']]
    ]
  )
})

test('a file that is none of ours is a warning in the list', () => {
  writeFileSync(home.at('drop', 'm.2'), 'too short')
  if (isRoot) chownSync(home.at('drop', 'm.2'), owner, suiteGroup(home.path, 'qmail'))
  assert.match(runProgram(home, 'qmail-qread').stdout, /^warning: trouble with #m\.2: too short$/m)
  renameSync(home.at('drop', 'm.2'), home.at('drop', 'bad.2.2'))
})

test('qmail-showctl says that messages wait there', () => {
  assert.match(runProgram(home, 'qmail-showctl').stdout, /\n\ndrop: 2 accepted messages wait for qmail-queued\.\n$/)
})

test('who may not look into drop/ is told so, and the lists stay clean', { skip: isRoot ? false : 'only root can become qmails' }, () => {
  const ids = { uid: suiteUser(home.path, 'qmails').uid, gid: suiteGroup(home.path, 'qmail'), cwd: '/' }
  assert.deepEqual(runProgram(home, 'qmail-qread', ids), { exit: 0, stdout: '', stderr: 'qmail-qread: warning: unable to read drop: access denied\n' })
  assert.deepEqual(runProgram(home, 'qmail-qstat', ids), { exit: 0, stdout: counts(0), stderr: 'qmail-qstat: warning: unable to read drop: access denied\n' })
  assert.doesNotMatch(runProgram(home, 'qmail-showctl', ids).stdout, /^drop:/m)
})

test('qmail-queued --once does nothing while another one runs', async () => {
  const other = await startQueued(home)
  try {
    assert.deepEqual(queuedOnce(), { exit: 111, stdout: '', stderr: 'qmail-queued: fatal: another qmail-queued is running\n' })
  } finally {
    await other.stop()
  }
})

test('qmail-queued --once takes it up, and says when something is left', {
  skip: isRoot ? false : 'a queue folder that is closed to its owner needs root'
}, () => {
  takeQueued(home)
  lay('m.1', 'one', 'Fa@b\0Tc@d\0\0')
  chmodSync(home.at('queue', 'intd'), 0o500)
  const failed = queuedOnce()
  chmodSync(home.at('queue', 'intd'), 0o700)
  assert.equal(failed.exit, 111)
  assert.match(failed.stdout, /^qmail-queued: warning: 1 of the messages in drop could not be queued and are still there$/m)
  lay('m.2', 'two', 'Fa@b\0Tc@d\0\0')
  assert.deepEqual(queuedOnce(), { exit: 0, stdout: '', stderr: '' })
  assert.deepEqual(drops(), [])
  assert.deepEqual(
    takeQueued(home)
      .map(({ message }) => message)
      .toSorted(),
    ['one', 'two']
  )
})
