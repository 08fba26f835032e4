import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { beforeEach, mock, test } from 'node:test'
import { suiteGroup, suiteUser } from '../../src/os/ids.ts'
import { withNotes } from '../../src/queue/envelope-tail.ts'
import { DropDoor } from '../../src/queued/drop.ts'
import { GroupCommit } from '../../src/queued/group-commit.ts'
import { dropText, layDrop } from '../helpers/drop.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { queued, queueFiles } from '../helpers/queue-files.ts'
import { runProgram } from '../helpers/run-program.ts'
import { startDaemon, startQueued, until } from '../helpers/suite.ts'

const home = makeHome()
const needsRoot = isRoot ? false : 'needs root: files of several users'
const caller = isRoot ? { uid: 64_250, gid: 64_250 } : {}
const callerUid = caller.uid ?? process.getuid?.() ?? 0

const drops = (): string[] => readdirSync(home.at('drop')).filter((name) => name !== 'trigger')
const scan = (): void => writeFileSync(home.at('drop/trigger'), '\0')

/** Lays a file as a caller would have left it. */
const lay = (name: string, text: string, owner = callerUid, gid = suiteGroup(home.path, 'qmail'), mode = 0o640): void =>
  layDrop(home, name, text, owner, gid, mode)

let daemon = await startQueued(home)

beforeEach(() => {
  for (const file of queueFiles(home)) rmSync(home.at('queue', file))
  spawnSync('find', [home.at('drop'), '-mindepth', '1', '!', '-name', 'trigger', '-delete'])
})

test('what an ordinary caller hands to qmail-queue arrives in the queue, and the drop folder is empty again', { skip: needsRoot }, async () => {
  const r = runProgram(home, 'qmail-queue', { fds: { 0: 'hi\n', 1: 'Fa@b\0Tc@d\0\0' }, ...caller })
  assert.equal(r.exit, 0)
  await until('the message', () => queued(home).length === 1 && drops().length === 0)
  const [m] = queued(home)
  const pid = /^u\d+\0p(\d+)\0/.exec(m?.envelope ?? '')?.[1]
  assert.equal(m?.envelope, `u${callerUid}\0p${pid}\0Fa@b\0Tc@d\0`)
  assert.match(m?.message ?? '', new RegExp(`^Received: \\(qmail ${pid} invoked by uid ${callerUid}\\); [^\\n]* -0000\\nhi\\n$`))
})

test('notes stand behind the number of the p record; an envelope too large to be written twice goes without them', async () => {
  const notes = 'v=1 envid=E r=0,n=N'
  const noted = (recipients: string): string => dropText('x\n', withNotes(Buffer.from(`Fa@b\0${recipients}\0`, 'latin1'), notes).toString('latin1'))
  lay('m.small', noted('Tc@d\0'))
  scan()
  await until('the small one', () => queued(home).length === 1)
  assert.match(queued(home)[0]?.envelope ?? '', new RegExp(`^u${callerUid}\0p\\d+ v=1 [^\0]*envid=E r=0,n=N\0Fa@b\0Tc@d\0$`))
  lay('m.large', noted(`T${'c'.repeat(900)}@d\0`.repeat(5000)))
  scan()
  const large = await until('the large one', () => queued(home).find(({ envelope }) => envelope.length > 4_194_304))
  assert.match(large.envelope, new RegExp(`^u${callerUid}\0p\\d+\0Fa@b\0Tc`))
})

test('messages left while qmail-queued was not running are queued when it starts, and none is left for want of a trigger', async () => {
  await daemon.stop()
  const bodies = Array.from({ length: 40 }, (_, n) => `message ${n}\n`)
  for (const [n, body] of bodies.entries()) lay(`m.100${n}`, dropText(body, 'Fa\0Tb\0\0'))
  lay('m.big', dropText('x'.repeat(5_000_000), 'Fa\0Tb\0\0'))
  daemon = await startQueued(home)
  await until('the messages', () => queued(home).length === 41 && drops().length === 0)
  const found = queued(home).map(({ message }) => message.slice(message.indexOf('\n') + 1))
  assert.deepEqual(found.filter((text) => text.startsWith('m')).sort(), bodies.sort())
  assert.equal(found.find((text) => text.startsWith('x'))?.length, 5_000_000)
})

test('the owner of the file is who sent it, whatever else it says: alias, root, anybody', { skip: needsRoot }, async () => {
  const words = [
    [suiteUser(home.path, 'alias').uid, 'by alias'],
    [0, 'by uid 0'],
    [4321, 'by uid 4321']
  ] as const
  for (const [uid] of words) lay(`m.${uid}`, dropText(`${uid}\n`, 'Fa\0Tb\0\0'), uid)
  scan()
  await until('the messages', () => queued(home).length === 3)
  for (const [uid, who] of words) {
    const m = queued(home).find(({ message }) => message.endsWith(`\n${uid}\n`))
    assert.match(m?.message ?? '', new RegExp(`^Received: \\(qmail 4711 invoked ${who}\\)`))
    assert.ok(m?.envelope.startsWith(`u${uid}\0p4711\0`))
  }
})

const GOOD = dropText('hello\n', 'Fa\0Tb\0\0')
const hostile: [what: string, lay: (name: string) => void][] = [
  ['empty', (name) => lay(name, '')],
  ['garbage', (name) => lay(name, 'x'.repeat(5000))],
  ['cut short', (name) => lay(name, GOOD.slice(0, -1))],
  ['its beginning missing', (name) => lay(name, GOOD.slice(1))],
  ['lengths that do not add up', (name) => lay(name, GOOD.replace('drop 1 6 ', 'drop 1 7 '))],
  ['a bad envelope', (name) => lay(name, dropText('x', 'Xa\0\0'))],
  ['an envelope without its end', (name) => lay(name, dropText('x', 'Fa\0Tb\0'))],
  ['an address that is too long', (name) => lay(name, dropText('x', `Fa\0T${'r'.repeat(1003)}\0\0`))],
  ['a folder', (name) => mkdirSync(home.at('drop', name))],
  ['a FIFO', (name) => spawnSync('mkfifo', [home.at('drop', name)])],
  [
    'a symbolic link to a good file',
    (name) => {
      writeFileSync(home.at('good'), GOOD)
      symlinkSync(home.at('good'), home.at('drop', name))
    }
  ],
  ['a symbolic link to nothing', (name) => symlinkSync('/nonexistent', home.at('drop', name))],
  [
    'a hard link to a good file',
    (name) => {
      rmSync(home.at('linked'), { force: true })
      lay('linked', GOOD)
      linkSync(home.at('drop/linked'), home.at('drop', name))
    }
  ],
  ['a name of strange bytes', (name) => lay(`${name}\xff\n\x1b[2J`, 'garbage')],
  ['a name as long as can be', (name) => lay(name.padEnd(255, 'x'), 'garbage')]
]
const asRoot: typeof hostile = [
  ['a file of another group, moved here', (name) => lay(name, GOOD, 4321, 4321, 0o644)],
  ['a file hidden from qmailq', (name) => lay(name, GOOD, callerUid, suiteGroup(home.path, 'qmail'), 0o600)]
]
for (const [what, layIt] of [...hostile, ...(isRoot ? asRoot : [])]) {
  test(`drop/: ${what}: set aside with one line in the log, never queued, and the rest goes on`, async () => {
    const before = daemon.log().length
    layIt('m.1')
    lay('m.2', dropText('after\n', 'Fa\0Tb\0\0'))
    scan()
    await until('the good message', () => queued(home).length === 1)
    await until('the bad one to be set aside', () => drops().some((name) => name.startsWith('bad.')))
    await until('the final names to go', () => !drops().some((name) => name.startsWith('m.')))
    assert.ok(queued(home)[0]?.message.endsWith('\nafter\n'))
    assert.equal(queueFiles(home).length, 2, 'nothing half done')
    assert.match(daemon.log().slice(before), /^qmail-queued: warning: set aside malformed drop\/m\.1[ -~]* as bad\.\d+\.\d+: [ -~]+\n$/)
    scan()
    lay('m.3', dropText('x', 'Fa\0Tb\0\0'))
    scan()
    await until('the third message', () => queued(home).length === 2)
    assert.equal(daemon.log().slice(before).split('\n').length, 2, 'what was set aside is not looked at again')
  })
}

test('names that are not final are left alone', async () => {
  lay('t.123', GOOD)
  lay('whatever', GOOD)
  lay('m.1', dropText('x', 'Fa\0Tb\0\0'))
  scan()
  await until('the message', () => queued(home).length === 1 && drops().length === 2)
  assert.deepEqual(drops().sort(), ['t.123', 'whatever'])
})

test('half-written files and those set aside are swept after 36 hours, and not before', async () => {
  for (const name of ['t.1', 'whatever', 'bad.m.1']) lay(name, GOOD)
  const hours = async (n: number): Promise<string[]> => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() + n * 3_600_000 })
    const queue = { root: home.at('queue/'), group: new GroupCommit(home.at('queue/')), limits: { bytes: 1e6, recipients: 1e6 }, trouble: () => {} }
    const door = new DropDoor({ folder: home.at('drop'), queue, maxBytes: 1e9, who: String, log: () => {} })
    await door.pull()
    await door.stop()
    mock.timers.reset()
    return drops().sort()
  }
  assert.deepEqual(await hours(35), ['bad.m.1', 't.1', 'whatever'])
  assert.deepEqual(await hours(37), [])
})

test('while the queue has trouble, dropped messages wait, and nothing of them is lost', async () => {
  rmSync(home.at('queue/todo/x'), { force: true })
  spawnSync('mv', [home.at('queue/intd'), home.at('queue/intd.away')])
  lay('m.1', dropText('patience\n', 'Fa\0Tb\0\0'))
  scan()
  await until('a line in the log', () => daemon.log().includes('unable to queue drop/m.1'))
  assert.ok(lstatSync(home.at('drop/m.1')))
  spawnSync('mv', [home.at('queue/intd.away'), home.at('queue/intd')])
  process.kill(daemon.child.pid ?? 0, 'SIGALRM')
  await until('the message', () => queued(home).length === 1 && drops().length === 0)
  assert.match(readFileSync(home.at('queue/mess', queueFiles(home, ['mess'])[0]?.slice(5) ?? ''), 'latin1'), /\npatience\n$/)
})

test('a message that cannot be queued, being too large for the disk, holds up nobody else, and is not lost', async () => {
  await daemon.stop()
  daemon = startDaemon(home, '/bin/bash', ['-c', 'ulimit -f 100; exec "$0"', home.at('bin/qmail-queued')], 'queued')
  lay('m.1', dropText('x'.repeat(300_000), 'Fa\0Tbig\0\0'))
  lay('m.2', dropText('small\n', 'Fa\0Tsmall\0\0'))
  await until('the small message', () => queued(home).length === 1 && drops().length === 1)
  await until('the reason for the other', () => /unable to queue drop\/m\.1: file too large; will try again later/.test(daemon.log()))
  assert.ok(queued(home)[0]?.message.endsWith('\nsmall\n'))
  await daemon.stop()
  daemon = await startQueued(home)
  await until('the large message', () => queued(home).length === 2 && drops().length === 0)
})
