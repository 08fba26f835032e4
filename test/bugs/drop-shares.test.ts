/** One user's files in the drop folder held up everybody's: locked ones, large ones, those that failed; by names and trigger pulls see test/hostile. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { after, beforeEach, mock, test } from 'node:test'
import { DropDoor } from '../../src/queued/drop.ts'
import { GroupCommit } from '../../src/queued/group-commit.ts'
import { dropText, layDrop, laySparseDrop } from '../helpers/drop.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { queued, queueFiles } from '../helpers/queue-files.ts'
import { runProgram } from '../helpers/run-program.ts'
import { startQueued, until } from '../helpers/suite.ts'

const home = makeHome()
const needsRoot = isRoot ? false : 'needs root: files of several users'
const [attacker, victim] = isRoot ? [64_251, 64_252] : [process.getuid?.() ?? 0, process.getuid?.() ?? 0]
const pull = (): void => writeFileSync(home.at('drop/trigger'), '\0')
const victimsMessage = (): boolean => queued(home).some(({ message }) => message.endsWith('\nvictim\n'))

beforeEach(() => {
  for (const file of queueFiles(home)) rmSync(home.at('queue', file))
  spawnSync('find', [home.at('drop'), '-mindepth', '1', '!', '-name', 'trigger', '-delete'])
})

/** Holds a write lease on every file named on its command line: opening one of them says EAGAIN. */
const LEASES =
  'for (@ARGV) { open(my $f, "+<", $_) or die "$_: $!"; fcntl($f, 1024, 1) or die "lease: $!"; push @f, $f } $| = 1; $SIG{IO} = "IGNORE"; print "held\n"; sleep 600'

test('a hundred files that cannot be opened hold up nobody else', { skip: needsRoot }, async () => {
  const daemon = await startQueued(home)
  const names = Array.from({ length: 100 }, (_, i) => `t.0${i}`)
  for (const name of names) layDrop(home, name, dropText('attack\n', 'Fa\0Tb\0\0'), attacker)
  const holder = spawn('perl', ['-e', LEASES, ...names.map((name) => home.at('drop', name))], { stdio: ['ignore', 'pipe', 'inherit'], uid: attacker })
  after(() => holder.kill('SIGKILL'))
  let said = ''
  holder.stdout.on('data', (d: Buffer) => {
    said += d.toString()
  })
  await until('the leases', () => said === 'held\n')
  for (const name of names) renameSync(home.at('drop', name), home.at('drop', `m${name.slice(1)}`))
  pull()
  await until('trouble', () => daemon.log().includes('unable to queue drop/m.0'))
  layDrop(home, 'm.9', dropText('victim\n', 'Fa\0Tb\0\0'), victim)
  pull()
  await until('the message, before the kernel breaks the leases', victimsMessage, 30)
  assert.ok(daemon.log().split('\n').length < 30, 'much trouble of one user makes few lines')
  holder.kill('SIGKILL')
  process.kill(daemon.child.pid ?? 0, 'SIGALRM')
  await until('the rest', () => queued(home).length === 101)
  await daemon.stop()
})

test('a large file is copied beside the others, and given up when qmail-queued is to stop', async () => {
  const daemon = await startQueued(home)
  laySparseDrop(home, 'm.0', 900_000_000, attacker)
  pull()
  await until('the copy to have begun', () => queueFiles(home, ['mess']).length === 1)
  layDrop(home, 'm.1', dropText('victim\n', 'Fa\0Tb\0\0'), victim)
  pull()
  await until('the message', victimsMessage)
  assert.ok(existsSync(home.at('drop/m.0')), 'the large one is on its way still')
  assert.equal(await daemon.stop(), 0)
  assert.ok(existsSync(home.at('drop/m.0')), 'and waits for the next start')
  assert.equal(queueFiles(home).length, 2, 'nothing half done')
})

test('a message above control/dropbytes is refused, and such a file set aside', { skip: needsRoot }, async () => {
  home.control('dropbytes', '1000\n')
  const daemon = await startQueued(home)
  const caller = { uid: victim, gid: victim }
  assert.equal(runProgram(home, 'qmail-queue', { fds: { 0: 'x'.repeat(1001), 1: 'Fa\0Tb\0\0' }, ...caller }).exit, 31)
  assert.equal(runProgram(home, 'qmail-queue', { fds: { 0: 'x'.repeat(1000), 1: 'Fa\0Tb\0\0' }, ...caller }).exit, 0)
  laySparseDrop(home, 'm.0', 6_000_000_000, attacker)
  pull()
  await until('the line', () => daemon.log().includes('set aside malformed drop/m.0'))
  assert.match(daemon.log(), /: too large\n/)
  await daemon.stop()
  rmSync(home.at('control/dropbytes'))
})

test('each file that failed is tried again by itself, also when the clock was set back meanwhile', async () => {
  mkdirSync(home.at('intd.away'), { recursive: true })
  const queue = { root: home.at('queue/'), group: new GroupCommit(home.at('queue/')), limits: { bytes: 1e6, recipients: 1e6 }, trouble: () => {} }
  const lines: string[] = []
  const door = new DropDoor({ folder: home.at('drop'), queue, maxBytes: 1e9, who: String, log: (line) => lines.push(line), firstRestMs: 300 })
  renameSync(home.at('queue/intd'), home.at('intd.away/intd'))
  layDrop(home, 'm.1', dropText('first\n', 'Fa\0Tb\0\0'), victim)
  door.start()
  await until('the first to fail', () => lines.some((line) => line.includes('drop/m.1')))
  layDrop(home, 'm.2', dropText('second\n', 'Fa\0Tb\0\0'), victim)
  void door.pull()
  await until('the second to fail', () => lines.some((line) => line.includes('drop/m.2')))
  renameSync(home.at('intd.away/intd'), home.at('queue/intd'))
  mock.timers.enable({ apis: ['Date'], now: 1_000_000_000_000 })
  await new Promise<void>((resolve) => {
    const look = setInterval(() => {
      if (queued(home).length < 2) return
      clearInterval(look)
      resolve()
    }, 20)
  })
  mock.timers.reset()
  await door.stop()
})

test('a folder that has grown is made anew at the next start, what is in it and its trigger moving along', async () => {
  const name = (i: number): string => home.at('drop', `t.${String(i).padStart(6, '0')}${'x'.repeat(240)}`)
  for (let i = 0; i < 20_000; i++) writeFileSync(name(i), '')
  for (let i = 0; i < 20_000; i++) rmSync(name(i))
  const before = statSync(home.at('drop'))
  assert.ok(before.size > 4_194_304, `${before.size}`)
  layDrop(home, 't.half', 'half', victim)
  layDrop(home, 'm.1', dropText('victim\n', 'Fa\0Tb\0\0'), victim)
  const daemon = await startQueued(home)
  await until('the message, and its file to go', () => victimsMessage() && !existsSync(home.at('drop', 'm.1')))
  const after = statSync(home.at('drop'))
  assert.ok(after.size < 100_000, `${after.size}`)
  assert.deepEqual([after.mode, after.uid, after.gid], [before.mode, before.uid, before.gid])
  assert.match(daemon.log(), /drop was \d+ MB large: made anew/)
  assert.deepEqual(readdirSync(home.at('drop')).sort(), ['t.half', 'trigger'])
  layDrop(home, 'm.2', dropText('again\n', 'Fa\0Tb\0\0'), victim)
  pull()
  await until('the next message', () => queued(home).length === 2)
  await daemon.stop()
  chmodSync(home.at('drop'), before.mode & 0o7777)
})
