import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { test } from 'node:test'
import { suiteUser } from '../../src/os/ids.ts'
import { holdPath } from '../../src/queue/hold.ts'
import { instcheck } from '../../tools/instcheck.ts'
import { type Home, isRoot, makeHome } from '../helpers/home.ts'
import { Draft } from '../helpers/log-draft.ts'
import { runProgram } from '../helpers/run-program.ts'
import { putMessage, queueFiles, SendRig } from '../helpers/send-rig.ts'
import { maildir, makeMaildir, startSuite } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'
import { until } from '../helpers/wait.ts'

const repair = (home: Home, ...args: string[]) => runProgram(home, 'queue-repair', { args })
const SOUND = { exit: 0, stdout: '', stderr: '' }

/** A file of a message, owned and readable as it should be. */
const lay = (home: Home, folder: string, id: number, text: string): string => {
  const path = home.at('queue', folder, ...(['info', 'local', 'remote', 'mess'].includes(folder) ? [String(id % 23)] : []), String(id))
  writeFileSync(path, text)
  const isQmailq = ['mess', 'intd', 'todo'].includes(folder)
  chmodSync(path, isQmailq ? 0o644 : 0o600)
  const { uid, gid } = suiteUser(home.path, isQmailq ? 'qmailq' : 'qmails')
  if (isRoot) chownSync(path, uid, gid)
  return path
}

/** A message that has been preprocessed, as qmail-send leaves it; its number. */
const putSorted = (home: Home, recipient: string): number => {
  const id = putMessage(home, [recipient])
  rmSync(home.at('queue/todo', String(id)))
  lay(home, 'mess', id, `To: ${recipient}\n\nbody\n`)
  lay(home, 'info', id, 'Fs@s.example\0')
  lay(home, 'remote', id, `Dgone@far.example\0T${recipient}\0`)
  return id
}

test('notes of a message, before it is sorted and after, are sound', () => {
  const home = makeHome()
  const sorted = putSorted(home, 'a@far.example')
  lay(home, 'info', sorted, 'Fs@s.example\0Nv=1 o=net ret=H w=0 rr=18,n=N\0')
  const fresh = putMessage(home, ['b@far.example'], { notes: 'v=1 o=net ret=H envid=QQ314159 r=0,n=FD,o=rfc822;joe@x' })
  for (const folder of ['mess', 'todo']) {
    const path = home.at('queue', folder, ...(folder === 'mess' ? [String(fresh % 23)] : []), String(fresh))
    chmodSync(path, 0o644)
    if (isRoot) chownSync(path, suiteUser(home.path, 'qmailq').uid, suiteUser(home.path, 'qmailq').gid)
  }
  assert.deepEqual(repair(home), SOUND)
})

/** Copies the queue, as somebody who moves it to another disk would; the numbers of its messages are wrong then. */
const copyQueue = (home: Home): void => {
  const r = spawnSync('cp', ['-a', home.at('queue'), home.at('queue.new')])
  assert.equal(r.status, 0, r.stderr.toString())
  renameSync(home.at('queue'), home.at('queue.old')) // kept, so that the new files have other inodes
  renameSync(home.at('queue.new'), home.at('queue'))
}

/** Recipients by number, of all messages there are; each has its mess file, and that its inode number. */
const soundMessages = (home: Home): Map<string, number> => {
  const found = new Map<string, number>()
  for (const [path, text] of Object.entries(queueFiles(home))) {
    const [folder, name] = path.split('/')
    if (folder !== 'remote' && folder !== 'local' && folder !== 'todo') continue
    const id = Number(name)
    assert.equal(statSync(home.at(`queue/mess/${id % 23}/${id}`)).ino, id)
    found.set(/T([^\0]*)\0$/.exec(text)?.[1] ?? '', id)
  }
  return found
}

test('a queue as installed, and one with messages, is sound', () => {
  const home = makeHome()
  assert.deepEqual(repair(home), SOUND)
  putSorted(home, 'a@far.example')
  assert.deepEqual(repair(home), SOUND)
  assert.deepEqual(repair(home, '--repair'), SOUND)
  assert.equal(repair(home, '--mend').exit, 100)
})

test('a copied queue: every message gets its number, with all that belongs to it, and is delivered', async () => {
  const home = makeHome()
  const names = Array.from({ length: 30 }, (_, n) => `r${n}@far.example`)
  for (const name of names) putSorted(home, name)
  const held = putSorted(home, 'held@far.example')
  lay(home, 'bounce', held, '<x@y>:\nno\n\n')
  const hold = home.at('queue', holdPath(home.at('queue'), held))
  writeFileSync(hold, '', { mode: 0o600 })
  if (isRoot) chownSync(hold, suiteUser(home.path, 'qmails').uid, suiteUser(home.path, 'qmails').gid)
  copyQueue(home)
  const seen = repair(home)
  assert.equal(seen.exit, 1)
  assert.equal(seen.stdout.match(/: its inode number is \d+: the queue was copied or restored\n/g)?.length, 31)
  assert.deepEqual(readdirSync(home.at('queue/mess/0')).sort(), readdirSync(home.at('queue.old/mess/0')).sort())
  const mended = repair(home, '--repair')
  assert.equal(mended.exit, 0, mended.stdout + mended.stderr)
  assert.deepEqual(repair(home), SOUND)
  const messages = soundMessages(home)
  assert.deepEqual([...messages.keys()].sort(), [...names, 'held@far.example'].sort())
  const now = messages.get('held@far.example') ?? 0
  assert.ok(existsSync(home.at('queue/bounce', String(now))))
  assert.ok(existsSync(home.at('queue', holdPath(home.at('queue'), now))))

  const rig = new SendRig(home)
  rig.onDelivery = () => 'Kok\n'
  await until('all but the held one to be gone', () => soundMessages(home).size === 1)
  assert.equal(await rig.stop(), 0)
})

test('a repair that was cut short is completed by the next', () => {
  const home = makeHome()
  const id = putSorted(home, 'a@far.example')
  const other = putSorted(home, 'b@far.example')
  copyQueue(home)
  const inode = statSync(home.at(`queue/mess/${id % 23}/${id}`)).ino
  const half = (folder: string, from: number, to: string): void =>
    renameSync(home.at(`queue/${folder}/${from % 23}/${from}`), home.at(`queue/${folder}/${inode % 23}/${to}`))
  half('info', id, `${inode}.repair`) // as far as the first
  const third = statSync(home.at(`queue/mess/${other % 23}/${other}`)).ino
  for (const folder of ['info', 'remote', 'mess'])
    renameSync(home.at(`queue/${folder}/${other % 23}/${other}`), home.at(`queue/${folder}/${third % 23}/${third}.repair`))
  renameSync(home.at(`queue/info/${third % 23}/${third}.repair`), home.at(`queue/info/${third % 23}/${third}`)) // as far as the last but two
  assert.equal(repair(home).exit, 1)
  assert.equal(repair(home, '--repair').exit, 0)
  assert.deepEqual(repair(home), SOUND)
  assert.deepEqual(
    [...soundMessages(home)].sort(),
    [
      ['a@far.example', inode],
      ['b@far.example', third]
    ].sort()
  )
})

test('a queue built with another conf-split is named by qmail-send, by instcheck and here, and is mended', async () => {
  for (const split of [29, 11]) {
    const home = makeHome()
    const id = putSorted(home, 'a@far.example')
    for (const folder of ['mess', 'info', 'local', 'remote']) {
      for (let n = 23; n < split; n++) spawnSync('cp', ['-a', home.at('queue', folder, String((id + 1) % 23)), home.at('queue', folder, String(n))])
      const from = home.at('queue', folder, String(id % 23), String(id))
      if (existsSync(from)) renameSync(from, home.at('queue', folder, String(id % split), String(id)))
      for (let n = split; n < 23; n++) rmSync(home.at('queue', folder, String(n)), { recursive: true })
    }
    const words = `queue/mess has ${split} folders, not 23: the queue was built with another conf-split, see queue-repair(8)`
    assert.ok(instcheck(home.path, false).includes(words))
    const rig = new SendRig(home)
    await rig.logged(new RegExp(`^alert: ${words.replace(/[()]/g, '\\$&')}; messages are left alone meanwhile\n`))
    rig.kill('SIGKILL')
    await rig.ended
    const seen = repair(home)
    assert.equal(seen.exit, 1)
    assert.ok(seen.stdout.includes(words), seen.stdout)
    const mended = repair(home, '--repair')
    assert.equal(mended.exit, 0, mended.stdout + mended.stderr)
    assert.deepEqual(repair(home), SOUND)
    assert.deepEqual([...soundMessages(home)], [['a@far.example', id]])
  }
})

test('owners, modes, missing files and folders, orphans; what is none of ours is left', () => {
  const home = makeHome()
  const id = putSorted(home, 'a@far.example')
  chmodSync(home.at('queue/info', String(id % 23), String(id)), 0o644)
  chmodSync(home.at('queue/lock'), 0o777)
  rmSync(home.at('queue/lock/trigger'))
  rmSync(home.at('queue/lock/tcpto'))
  rmSync(home.at('queue/bounce'), { recursive: true })
  lay(home, 'local', 23, 'Tx@y\0')
  lay(home, 'todo', 24, 'u1\0p1\0Fa@b\0Tc@d\0')
  writeFileSync(home.at('queue/hold/25.1.1'), '', { mode: 0o600 })
  writeFileSync(home.at('queue/mess/0/stray'), '')
  symlinkSync('/etc/passwd', home.at('queue/info/1/24'))
  const seen = repair(home)
  const expected = [
    `queue/info/${id % 23}/${id}: has the wrong mode`,
    'queue/lock: has the wrong mode',
    'queue/lock/trigger: is missing',
    'queue/lock/tcpto: is missing',
    'queue/bounce: is missing',
    'queue/local/0/23: its message is gone',
    'queue/todo/24: its message is gone',
    'queue/hold/25.1.1: holds a message that is gone',
    "queue/mess/0/stray: has a name that is none of qmail's: look at it yourself",
    'queue/info/1/24: is no file: look at it yourself'
  ]
  for (const line of expected) assert.ok(seen.stdout.includes(`${line}\n`), `${line}\n${seen.stdout}`)
  const mended = repair(home, '--repair')
  assert.deepEqual([mended.exit, mended.stdout.match(/: mended\n/g)?.length], [1, 8], mended.stdout)
  assert.deepEqual(repair(home).stdout.split('\n').sort(), ['', ...expected.slice(-2)].sort())
  assert.deepEqual(instcheck(home.path, true), [])
  assert.deepEqual([...soundMessages(home)], [['a@far.example', id]])
})

test('foreign owners are set right, and through no link', { skip: isRoot ? false : 'changing owners takes root' }, () => {
  const home = makeHome()
  const id = putSorted(home, 'a@far.example')
  const mess = home.at('queue/mess', String(id % 23), String(id))
  chownSync(mess, 64_301, 64_301)
  chownSync(home.at('queue/info/3'), 64_301, 64_301)
  assert.equal(repair(home, '--repair').exit, 0)
  assert.equal(statSync(mess).uid, suiteUser(home.path, 'qmailq').uid)
  assert.equal(statSync(home.at('queue/info/3')).uid, suiteUser(home.path, 'qmails').uid)

  // a folder that is a link to somewhere else: nothing there is touched
  mkdirSync(home.at('elsewhere'), { mode: 0o755 })
  copyFileSync(mess, home.at('elsewhere/46'))
  chownSync(home.at('elsewhere/46'), 64_301, 64_301)
  rmSync(home.at('queue/local/0'), { recursive: true })
  symlinkSync(home.at('elsewhere'), home.at('queue/local/0'))
  const r = repair(home, '--repair')
  assert.equal(r.exit, 1)
  assert.match(r.stdout, /queue\/local\/0: is no folder: look at it yourself\n/)
  assert.deepEqual([statSync(home.at('elsewhere')).uid, statSync(home.at('elsewhere/46')).uid], [0, 64_301])
})

test('damaged files are named', () => {
  const home = makeHome()
  const id = putSorted(home, 'a@far.example')
  lay(home, 'info', id, 'no sender')
  lay(home, 'remote', id, 'Tok@x\0Xwhat\0')
  const r = repair(home)
  assert.equal(r.stdout, `queue/info/${id % 23}/${id}: is damaged: look at it yourself\nqueue/remote/${id % 23}/${id}: is damaged: look at it yourself\n`)
  assert.equal(r.exit, 1)
})

test('what preprocessing had half written at a crash is sound: it is written anew', async () => {
  const home = makeHome()
  home.control('locals', 'me.example\n')
  const id = putMessage(home, ['a@far.example'])
  lay(home, 'mess', id, 'body\n')
  lay(home, 'todo', id, 'u1\0p1\0Fs@s.example\0Ta@far.example\0')
  lay(home, 'info', id, '')
  lay(home, 'local', id, 'Tjo')
  lay(home, 'remote', id, 'Ta@far.exam')
  assert.deepEqual(repair(home), SOUND)
  const rig = new SendRig(home)
  rig.onDelivery = () => 'Kok\n'
  await rig.logged(/^starting delivery 1: msg \d+ to remote a@far\.example$/m)
  await rig.logged(/^end msg /m)
  assert.doesNotMatch(rig.log, /starting delivery 2/)
  assert.equal(await rig.stop(), 0)
})

test('while qmail-send runs it refuses', async () => {
  const home = makeHome()
  home.control('locals', 'me.example\n')
  const rig = new SendRig(home)
  await rig.logged(/^status: /m)
  for (const args of [[], ['--repair'], ['--spill']])
    assert.deepEqual(repair(home, ...args), { exit: 111, stdout: '', stderr: 'queue-repair: fatal: qmail-send is running: stop it first\n' })
  assert.equal(await rig.stop(), 0)
  assert.equal(repair(home).exit, 0)
})

test('--spill: what stands in the commit log after a crash becomes files', () => {
  const home = makeHome()
  const folder = home.at('queue', 'log')
  const log = new Draft(1).message(100, 'one\n').message(200, 'two\n').page().done(200)
  writeFileSync(home.at('queue', 'log', '0'), log.bytes)
  if (isRoot) chownSync(home.at('queue', 'log', '0'), statSync(folder).uid, statSync(folder).gid)
  const told = 'queue/log: 1 messages of the commit log are not in files: --spill, or the next start, sees to that\n'
  assert.deepEqual([repair(home).stdout, repair(home).exit], [told, 1])
  const spilled = repair(home, '--spill')
  assert.equal(spilled.exit, 0, spilled.stderr)
  const found = Object.keys(queueFiles(home)).filter((path) => path.startsWith('todo/'))
  assert.equal(found.length, 1)
  const id = Number(found[0]?.slice('todo/'.length))
  assert.equal(readFileSync(home.at(`queue/mess/${id % 23}/${id}`), 'latin1'), 'one\n')
  assert.deepEqual(repair(home), SOUND)
})

test('a whole suite starts after the repair of a copy, and nothing is lost', async () => {
  const home = makeHome()
  home.control('concurrencylocal', '0\n')
  home.control('locals', 'me.example\n')
  const [joe] = makeUsers(home, ['joe'])
  if (!joe) throw new Error('no user')
  makeMaildir(`${joe.home}/Maildir`)
  if (isRoot) spawnSync('chown', ['-R', `${joe.uid}:${joe.gid}`, joe.home])
  const crashed = await startSuite(home)
  for (const n of [1, 2, 3])
    assert.equal(runProgram(home, 'sendmail', { args: ['joe@me.example'], input: `Subject: ${n}\n\nx\n`, env: { USER: 'tester' } }).exit, 0)
  process.kill(-(crashed.child.pid ?? 0), 'SIGKILL')
  await until('no lock on the queue', () => repair(home).exit !== 111)
  copyQueue(home)
  const mended = repair(home, '--spill', '--repair')
  assert.equal(mended.exit, 0, mended.stdout + mended.stderr)
  home.control('concurrencylocal', '10\n')
  const suite = await startSuite(home)
  // one that was queued when drop/ still held it arrives twice
  const arrived = (): string[] => maildir(`${joe.home}/Maildir`).map((text) => /^Subject: (.*)$/m.exec(text)?.[1] ?? text)
  await until('all three', () => new Set(arrived()).size === 3)
  assert.equal(await suite.stop(), 0)
  assert.deepEqual(
    readdirSync(home.at('drop')).filter((name) => name.startsWith('m.')),
    []
  )
})
