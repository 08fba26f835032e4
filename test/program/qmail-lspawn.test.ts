import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { cdbBytes } from '../../src/format/cdb.ts'
import { suiteGroup, suiteUser } from '../../src/os/ids.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { startLspawn } from '../helpers/lspawn.ts'
import { killListed, processOf } from '../helpers/proc.ts'
import { runProgram } from '../helpers/run-program.ts'
import { layMessage, startSpawner } from '../helpers/spawner-rig.ts'
import { until } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'
import { isGone } from '../helpers/wait.ts'

const rootOnly = { skip: isRoot ? false : 'only root can become other users' }
const MESSAGE = 'Subject: hi\n\nbody\n'
const contents = (folder: string): string[] => readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'))
const delivered = (to: string): string => `Return-Path: <s@sender.example>\nDelivered-To: ${to}\n${MESSAGE}`

const home = makeHome()
const users = makeUsers(home, ['ann', 'bob', 'prg', 'fwd', 'wrp'])
const [ann, bob, prg, fwd, wrp] = users as [(typeof users)[0], (typeof users)[0], (typeof users)[0], (typeof users)[0], (typeof users)[0]]
const message = layMessage(home, '0/23', MESSAGE)

test('Maildir deliveries are done by one resident qmail-local a user, as that user with no other group', async () => {
  const boxes = [ann.maildir(), bob.maildir()]
  const lspawn = startLspawn(home, './Maildir/')
  const reports = await Promise.all(['ann', 'bob', 'ann', 'bob', 'ann'].map((name) => lspawn.deliver(message, `${name}@ex.org`)))
  assert.deepEqual(new Set(reports), new Set(['Kdid 1+0+0\n']))
  assert.deepEqual(contents(join(boxes[0] ?? '', 'new')), Array(3).fill(delivered('ann@ex.org')))
  assert.deepEqual(readdirSync(join(boxes[0] ?? '', 'tmp')), [])
  const residents = lspawn.children('qmail-local')
  assert.equal(residents.length, isRoot ? 2 : 1, 'one a uid')
  for (const { uids, gids, groups } of residents) {
    assert.equal(new Set(uids).size, 1)
    assert.equal(new Set(gids).size, 1)
    if (isRoot) assert.deepEqual(groups, [])
  }
  if (isRoot) {
    assert.deepEqual(new Set(residents.map((p) => `${p.uids[0]}:${p.gids[0]}`)), new Set([`${ann.uid}:${ann.gid}`, `${bob.uid}:${bob.gid}`]))
    const [file] = readdirSync(join(boxes[1] ?? '', 'new'))
    assert.equal(statSync(join(boxes[1] ?? '', 'new', file ?? '')).uid, bob.uid)
  }
  assert.equal(await lspawn.end(), 0)
  await until('the residents to end', () => residents.every(({ pid }) => processOf(pid) === undefined))
})

test('a recipient with uid 0 is refused, and the empty local part is thrown away', async () => {
  const own = makeHome()
  const name = layMessage(own, '0/23', MESSAGE)
  writeFileSync(own.at('users', 'cdb'), cdbBytes([['!root\0', 'root\x000\x000\0/root\0\0'] as const, ['!odd\0', 'odd\0x\x001\0/\0\0'] as const, ['', '']]))
  const lspawn = startLspawn(own, '|id; exit 100')
  assert.match(await lspawn.deliver(name, 'root@ex.org'), /^Z.*root/)
  assert.match(await lspawn.deliver(name, 'odd@ex.org'), /^Z/)
  assert.equal(await lspawn.deliver(name, '@ex.org'), 'K')
  assert.deepEqual(lspawn.children('qmail-local'), [])
  await lspawn.end()
})

test('a broken users/cdb defers, it never falls back to qmail-getpw', async () => {
  const own = makeHome()
  const name = layMessage(own, '0/23', MESSAGE)
  writeFileSync(own.at('users', 'cdb'), 'too short')
  const lspawn = startLspawn(own, './Maildir/')
  assert.match(await lspawn.deliver(name, 'alias-x@ex.org'), /^Z.*users\/cdb/)
  assert.deepEqual(lspawn.children('qmail-getpw'), [])
  await lspawn.end()
})

test('without users/cdb a resident qmail-getpw, as qmailp:nofiles, finds the alias user', async () => {
  const own = makeHome()
  const name = layMessage(own, '0/23', MESSAGE)
  writeFileSync(own.at('alias', '.qmail-nobody:here'), '#\n')
  const lspawn = startLspawn(own, './Maildir/')
  const there = lspawn.deliver(name, 'Nobody.Here@ex.org')
  const missing = lspawn.deliver(name, 'nothing@ex.org')
  assert.equal(await there, 'Kdid 0+0+0\n')
  assert.match(await missing, /^DSorry, no mailbox here by that name. \(#5.1.1\)\n$/)
  const [getpw] = lspawn.children('qmail-getpw')
  assert.ok(getpw)
  if (isRoot) {
    const [uid, gid] = [suiteUser(own.path, 'qmailp').uid, suiteGroup(own.path, 'nofiles')]
    assert.deepEqual([getpw.uids, getpw.gids, getpw.groups], [Array(4).fill(uid), Array(4).fill(gid), []])
  }
  await lspawn.end()
})

test('a program gets a process of its own, as the user; its output on 1 and 2 is the report, in order', async () => {
  prg.lay('.qmail', '|id -u; echo two >&2; pwd; cat; exit 100\n')
  const lspawn = startLspawn(home, './Maildir/', { OWN: 'kept' })
  assert.equal(await lspawn.deliver(message, 'prg@ex.org'), `D${prg.uid}\ntwo\n${prg.home}\n${MESSAGE}`)
  if (isRoot) {
    prg.lay('.qmail', '|id -G\n')
    assert.equal(await lspawn.deliver(message, 'prg@ex.org'), `K${prg.gid}\ndid 0+0+1\n`)
  }
  prg.lay('.qmail', '|env | grep -E "^(OWN|NODE_|QMAIL_)"\n')
  assert.equal(await lspawn.deliver(message, 'prg@ex.org'), 'KOWN=kept\ndid 0+0+1\n')
  await lspawn.end()
})

test('an mbox is delivered by a process of its own', async () => {
  prg.lay('.qmail', './Mailbox\n')
  const lspawn = startLspawn(home, './Maildir/')
  assert.equal(await lspawn.deliver(message, 'prg@ex.org'), 'Kdid 1+0+0\n')
  assert.match(
    readFileSync(join(prg.home, 'Mailbox'), 'latin1'),
    /^From s@sender.example .*\nReturn-Path: .*\nDelivered-To: prg@ex.org\nSubject: hi\n\nbody\n\n$/
  )
  await lspawn.end()
})

/** How a resident qmail-local names messages of a Maildir. */
const RESIDENTS_NAME = /^\d+\.M\d{6}P\d+Q\d+\./

test('messages of megabytes are handed over in memory, larger ones have a process of their own; all are whole', async () => {
  const lspawn = startLspawn(home, './Maildir/')
  for (const [bytes, isHandedOver] of [
    [600_000, true],
    [5_000_000, true],
    [9_000_000, false]
  ] as const) {
    const text = `Subject: big\n\n${'0123456789abcde\n'.repeat(bytes / 16)}`
    const box = prg.maildir(`Large-${bytes}`)
    prg.lay(`.qmail-${bytes}`, `./Large-${bytes}/\n`)
    assert.equal(await lspawn.deliver(layMessage(home, '0/46', text), `prg-${bytes}@ex.org`), 'Kdid 1+0+0\n')
    const [name = '', ...more] = readdirSync(join(box, 'new'))
    assert.deepEqual(more, [])
    assert.equal(RESIDENTS_NAME.test(name), isHandedOver, `${bytes} bytes: ${name}`)
    assert.ok(readFileSync(join(box, 'new', name), 'latin1').endsWith(`\n${text}`), `${bytes} bytes, whole`)
  }
  await lspawn.end()
})

test('more large messages at once than are held in memory are delivered all the same', async () => {
  const text = `Subject: big\n\n${'0123456789abcde\n'.repeat(430_000)}`
  const large = layMessage(home, '0/46', text)
  const box = prg.maildir('Many')
  prg.lay('.qmail-many', './Many/\n')
  const lspawn = startLspawn(home, './Maildir/')
  const reports = await Promise.all(Array.from({ length: 12 }, () => lspawn.deliver(large, 'prg-many@ex.org')))
  assert.deepEqual(new Set(reports), new Set(['Kdid 1+0+0\n']))
  const all = contents(join(box, 'new'))
  assert.equal(all.length, 12)
  assert.ok(all.every((one) => one.endsWith(`\n${text}`)))
  await lspawn.end()
})

test('a forward and a list owner: the resident puts the message back, for the queue to hold', async () => {
  fwd.lay('.qmail', '&one@far.example\ntwo@far.example\n')
  const lspawn = startLspawn(home, './Maildir/', { QMAILQUEUE: home.at('fakequeue') })
  writeFileSync(home.at('fakequeue'), `#!/bin/sh\ncat > ${fwd.home}/message; cat <&1 > ${fwd.home}/envelope; exit $(cat ${fwd.home}/code)\n`)
  chmodSync(home.at('fakequeue'), 0o755)
  for (const [code, report] of [
    ['0', /^Kdid 0\+2\+0\nqp \d+\n$/],
    ['31', /^DUnable to forward message: .*\(#5.3.0\)\.\n$/],
    ['53', /^ZUnable to forward message: .*\(#4.3.0\)\.\n$/]
  ] as const) {
    fwd.lay('code', code)
    assert.match(await lspawn.deliver(message, 'fwd@ex.org'), report)
  }
  assert.equal(readFileSync(join(fwd.home, 'message'), 'latin1'), `Delivered-To: fwd@ex.org\n${MESSAGE}`)
  assert.equal(readFileSync(join(fwd.home, 'envelope'), 'latin1'), 'Fs@sender.example\0Tone@far.example\0Ttwo@far.example\0\0')
  await lspawn.end()
})

test('control/firstgear, and a wrapper in bin/, mean one process a delivery', async () => {
  const own = makeHome()
  const [dan] = makeUsers(own, ['dan'])
  const name = layMessage(own, '0/23', MESSAGE)
  dan?.maildir()
  own.control('firstgear', 'qmail-local\n')
  const first = startLspawn(own, './Maildir/')
  assert.equal(await first.deliver(name, 'dan@ex.org'), 'Kdid 1+0+0\n')
  assert.deepEqual(first.children('qmail-local'), [])
  await first.end()

  rmSync(own.at('control', 'firstgear'))
  const lspawn = startLspawn(own, './Maildir/')
  assert.equal(await lspawn.deliver(name, 'dan@ex.org'), 'Kdid 1+0+0\n')
  assert.equal(lspawn.children('qmail-local').length, 1)
  renameSync(own.at('bin', 'qmail-local'), own.at('bin', 'real'))
  writeFileSync(own.at('bin', 'qmail-local'), '#!/bin/sh\necho "$#:$1:$2:$4:$8:$9"\nexit 100\n')
  chmodSync(own.at('bin', 'qmail-local'), 0o755)
  assert.equal(await lspawn.deliver(name, 'dan-x@ex.org'), 'D9:--:dan:dan-x:s@sender.example:./Maildir/\n')
  rmSync(own.at('bin', 'qmail-local'))
  assert.equal(await lspawn.deliver(name, 'dan@ex.org'), 'ZUnable to run qmail-local.\n')
  await lspawn.end()
})

test('a resident that is killed crashes its own deliveries only, and is replaced', async () => {
  const box = wrp.maildir()
  wrp.lay('.qmail-stuck', `&x@y\n`)
  writeFileSync(home.at('slowqueue'), '#!/bin/sh\ncat >/dev/null\nexec sleep 60\n')
  chmodSync(home.at('slowqueue'), 0o755)
  const lspawn = startLspawn(home, './Maildir/', { QMAILQUEUE: home.at('slowqueue') })
  const stuck = lspawn.deliver(message, 'wrp-stuck@ex.org')
  assert.equal(await lspawn.deliver(message, 'wrp@ex.org'), 'Kdid 1+0+0\n')
  const [resident] = lspawn.children('qmail-local')
  await until('the queue program', () => lspawn.children('sleep').length > 0)
  const sleeping = lspawn.children('sleep')
  process.kill(resident?.pid ?? -1, 'SIGKILL')
  for (const one of sleeping) killListed(one)
  assert.equal(await stuck, 'Zqmail-local crashed.\n')
  assert.equal(await lspawn.deliver(message, 'wrp@ex.org'), 'Kdid 1+0+0\n')
  assert.equal(readdirSync(join(box, 'new')).length, 2)
  await lspawn.end()
})

test('a resident that dies while idle costs no delivery', async () => {
  const lspawn = startLspawn(home, './Maildir/')
  for (let i = 0; i < 3; i++) {
    assert.equal(await lspawn.deliver(message, 'wrp@ex.org'), 'Kdid 1+0+0\n')
    const [resident] = lspawn.children('qmail-local')
    process.kill(resident?.pid ?? -1, 'SIGKILL')
    await until('its end to be noticed', () => isGone(resident?.pid ?? -1))
  }
  await lspawn.end()
})

test('residents killed under load lose nothing that was reported: each success stands whole in new', async () => {
  const own = makeHome()
  const [kim] = makeUsers(own, ['kim'])
  const name = layMessage(own, '0/23', MESSAGE)
  const box = kim?.maildir() ?? ''
  const lspawn = startLspawn(own, './Maildir/')
  let successes = 0
  const killAfter = [40, 80] // once each: whose deliveries crash come here again before there is another success
  const one = async (): Promise<void> => {
    for (let i = 0; i < 8; i++) {
      const report = await lspawn.deliver(name, 'kim@ex.org')
      if (report.startsWith('K')) successes++
      else assert.equal(report, 'Zqmail-local crashed.\n')
      if (successes < (killAfter[0] ?? Number.POSITIVE_INFINITY)) continue
      killAfter.shift()
      for (const each of lspawn.children('qmail-local')) killListed(each)
    }
  }
  await Promise.all(Array.from({ length: 20 }, one))
  const files = contents(join(box, 'new'))
  assert.ok(successes > 80 && files.length >= successes, `${successes} successes, ${files.length} files`)
  assert.deepEqual(new Set(files), new Set([delivered('kim@ex.org')]))
  await lspawn.end()
})

test('bytes of any value reach the recipient unchanged, in both gears', async () => {
  const box = ann.maildir('Bytes')
  ann.lay('.qmail-default', './Bytes/\n')
  ann.lay('.qmail-run-default', '|printf %s "$DEFAULT|$SENDER"; exit 100\n')
  const lspawn = startLspawn(home, './Maildir/')
  const odd = '\xe9\xff\x80"`$\\ \u0001'
  assert.equal(await lspawn.deliver(message, `ann-${odd}@ex.org`), 'Kdid 1+0+0\n')
  assert.equal(contents(join(box, 'new'))[0], delivered(`ann-${odd}@ex.org`))
  assert.equal(await lspawn.deliver(message, `ann-run-${odd}@ex.org`, `${odd}@h`), `D${odd}|${odd}@h`)
  await lspawn.end()
})

test('a program that is all there is to do is run without a qmail-local of its own, with the same report, environment, folder, umask and message', async () => {
  const own = makeHome()
  const [pat] = makeUsers(own, ['pat'])
  const name = layMessage(own, '0/23', MESSAGE)
  const commands = {
    show: 'env | grep -v -e ^_= -e ^UFLINE= | sort; pwd; umask; id; readlink /proc/self/fd/0 | grep -o "[^/]*$"; cat; ls /proc/self/fd | grep "^.$"; echo err >&2; exit 100',
    odd: 'printf "\xe9%s" "$EXT3|$SENDER"; exit 100',
    fine: 'echo fine',
    enough: 'exit 99',
    mailbox: 'echo no; exit 67',
    config: 'exit 78',
    later: 'echo later >&2; exit 111',
    killed: 'echo so far; kill -9 $$',
    long: 'head -c 2995 /dev/zero | tr "\\000" x',
    // the shell does nothing of a line it cannot read, and says so
    bracket: 'echo before; echo (',
    quote: 'echo before; echo "open',
    begin: ') && echo no',
    nothing: '# only a comment',
    unknown: 'echo before; no-such-program; echo after',
    gone: 'exec no-such-program',
    lines: 'echo $0 $# $- $? $LINENO; exit 100',
    elsewhere: 'exec 1>/dev/null; echo gone; echo err >&2; exit 100'
  }
  for (const [word, command] of Object.entries(commands)) pat?.lay(`.qmail-${word}-default`, `# so\n|${command}\n`)
  const reports = async (): Promise<Record<string, string>> => {
    const lspawn = startLspawn(own, './Maildir/')
    const all: Record<string, string> = {}
    for (const word of Object.keys(commands)) all[word] = await lspawn.deliver(name, `pat-${word}-a.b-c\xe9@ex.org`, 's\xff@sender.example')
    await lspawn.end()
    return all
  }
  const alike = await reports()
  own.control('firstgear', 'qmail-local\n')
  assert.deepEqual(alike, await reports())
  assert.deepEqual([alike.fine, alike.enough, alike.mailbox, alike.later], ['Kfine\ndid 0+0+1\n', 'Kdid 0+0+1\n', 'Zno\n', 'Zlater\n'])
  assert.match(alike.show ?? '', /^D[\s\S]*\nUSER=pat\n[\s\S]*\/pat\n0077\nuid=[\s\S]*\n23\nSubject: hi\n\nbody\n/)
  assert.doesNotMatch(alike.show ?? '', /MALLOC|RESIDENT|STAYS/)
})

test('a killed program is a crash, and output is cut at its first NUL and at 3000 bytes', async () => {
  const lspawn = startLspawn(home, './Maildir/')
  prg.lay('.qmail-kill', '|kill -9 $$\n')
  assert.equal(await lspawn.deliver(message, 'prg-kill@ex.org'), 'ZAack, child crashed. (#4.3.0)\n')
  prg.lay('.qmail-parent', '|true\n|kill -9 $PPID\n')
  assert.equal(await lspawn.deliver(message, 'prg-parent@ex.org'), 'Zqmail-local crashed.\n')
  prg.lay('.qmail-nul', '|printf "abc\\000def"; exit 100\n')
  assert.equal(await lspawn.deliver(message, 'prg-nul@ex.org'), 'Dabc')
  prg.lay('.qmail-long', '|head -c 5000 /dev/zero | tr "\\000" x; exit 100\n')
  assert.equal(await lspawn.deliver(message, 'prg-long@ex.org'), `D${'x'.repeat(2966)}\nError report too long, sorry.\n`)
  await lspawn.end()
})

test('a home of someone else, or one that is gone, defers', rootOnly, async () => {
  const own = makeHome()
  const [eve] = makeUsers(own, ['eve'])
  const name = layMessage(own, '0/23', MESSAGE)
  const lspawn = startLspawn(own, './Maildir/')
  eve?.maildir()
  chownSync(join(eve?.home ?? '', 'Maildir', 'new'), 0, 0)
  assert.match(await lspawn.deliver(name, 'eve@ex.org'), /^Z.*maildir/)
  rmSync(eve?.home ?? '', { recursive: true })
  assert.match(await lspawn.deliver(name, 'eve@ex.org'), /^ZUnable to switch/)
  await lspawn.end()
})

test('no argument is exit 100 without a word on fd 1; an unreadable setting and a missing queue are exit 111', () => {
  const own = makeHome()
  const usage = runProgram(own, 'qmail-lspawn')
  assert.deepEqual([usage.exit, usage.stdout], [100, ''])
  const refusal = (): string => {
    const r = runProgram(own, 'qmail-lspawn', { args: ['./Mailbox'] })
    assert.deepEqual([r.exit, r.stdout], [111, ''])
    return r.stderr
  }
  mkdirSync(own.at('control', 'firstgear'))
  assert.match(refusal(), /control\/firstgear/)
  rmSync(own.at('control', 'firstgear'), { recursive: true })
  rmSync(own.at('queue', 'mess'), { recursive: true })
  assert.match(refusal(), /queue\/mess/)
})

test('QMAIL_WIDE=1: the limit is 1000, and numbers have two bytes; programs do not see it', async () => {
  const wide = makeHome()
  const [user] = makeUsers(wide, ['wid'])
  layMessage(wide, '12/1001', MESSAGE)
  const asked = join(user?.home ?? '', 'asked')
  writeFileSync(join(user?.home ?? '', '.qmail'), `|printf '%s' "-$QMAIL_WIDE-" >${asked}\n`)
  const rig = startSpawner(wide, 'qmail-lspawn', 'root', { QMAIL_WIDE: '1' }, ['./Maildir/'])
  rig.say('\x01\x2c12/1001\0s@s\0wid@x\0')
  await until('the report', () => rig.output().includes('\n\0'))
  rig.say('\x03\xe812/1001\0s@s\0wid@x\0')
  assert.equal(await rig.end(), 0)
  assert.match(rig.output(), /^\0\x03\xe8\x01\x2cKdid 0\+0\+1\n\0\x03\xe8Z[^\0]*\(#4\.3\.5\)\n\0$/)
  assert.equal(readFileSync(asked, 'latin1'), '--')
})

test('that a message from a file is written is told before its report, to a qmail-send that knows of two bytes', async () => {
  for (const wide of [true, false]) {
    const own = makeHome()
    makeUsers(own, ['wri'])[0]?.maildir()
    layMessage(own, '12/1001', MESSAGE)
    const rig = startSpawner(own, 'qmail-lspawn', 'root', wide ? { QMAIL_WIDE: '1' } : {}, ['./Maildir/'])
    rig.say(`${wide ? '\0' : ''}\x0512/1001\0s@s\0wri@x\0`)
    await until('the report', () => rig.output().includes('Kdid 1+0+0\n\0'))
    assert.equal(await rig.end(), 0)
    assert.match(rig.output(), wide ? /^\0\x03\xe8\0\x05W\0\0\x05Kdid 1\+0\+0\n\0$/ : /^\x78\x05Kdid 1\+0\+0\n\0$/)
  }
})

test('deliveries to several users share rounds of syncfs: one helper below qmail-lspawn, as qmailp:nofiles with no other group', async () => {
  const own = makeHome()
  const names = ['ra', 'rb', 'rc', 'rd', 're', 'rf']
  const boxes = makeUsers(own, names).map((user) => user.maildir())
  const name = layMessage(own, '0/23', MESSAGE)
  const lspawn = startLspawn(own, './Maildir/')
  const reports = await Promise.all([...names, ...names, ...names].map((user) => lspawn.deliver(name, `${user}@ex.org`)))
  assert.deepEqual(new Set(reports), new Set(['Kdid 1+0+0\n']))
  for (const [i, box] of boxes.entries()) assert.deepEqual(contents(join(box, 'new')), Array(3).fill(delivered(`${names[i]}@ex.org`)))
  const helpers = ['perl', 'sh'].flatMap((name) => lspawn.children(name)).filter(({ ppid }) => ppid === lspawn.pid)
  assert.equal(helpers.length, 1)
  if (isRoot) {
    assert.deepEqual(new Set(helpers[0]?.uids), new Set([suiteUser(own.path, 'qmailp').uid]))
    assert.deepEqual(new Set(helpers[0]?.gids), new Set([suiteGroup(own.path, 'nofiles')]))
    assert.deepEqual(helpers[0]?.groups, [])
  }
  assert.equal(await lspawn.end(), 0)
  await until('the end of the helper', () => isGone(helpers[0]?.pid ?? 0))
})
