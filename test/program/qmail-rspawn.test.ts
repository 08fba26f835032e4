import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { suiteUser } from '../../src/os/ids.ts'
import { commandBytes, ReportParser } from '../../src/queue/spawnproto.ts'
import { notesForRemote } from '../../src/spawn/remote-variable.ts'
import { dnsZone } from '../helpers/dns-zone.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { processTree } from '../helpers/proc.ts'
import { smtpSink } from '../helpers/smtp.ts'
import { layMessage, startSpawner } from '../helpers/spawner-rig.ts'
import { until } from '../helpers/suite.ts'

const home = makeHome()
layMessage(home, '12/1001', 'Subject: x\n\nhi\n')
const start = (env: Record<string, string> = {}) => startSpawner(home, 'qmail-rspawn', 'qmailr', env)
/** Lays a program to be run instead of qmail-remote. */
const program = (name: string, script: string): string => {
  const file = home.at(name)
  writeFileSync(file, `#!/bin/sh\n${script}\n`)
  chmodSync(file, 0o755)
  return file
}
/** A FIFO; a program that reads a line of it waits until the test lets it go on. */
const gate = (name: string): { path: string; open: () => void } => {
  const path = home.at(name)
  assert.equal(spawnSync('mkfifo', ['-m', '666', path]).status, 0)
  chmodSync(path, 0o666)
  return { path, open: () => writeFileSync(path, 'go\n') }
}
const gist = (report: string): string => `${report.charCodeAt(0)}${report.charAt(1)}${/#\d\.\d\.\d/.exec(report)?.[0] ?? ''}`
/** The resident qmail-remotes of a spawner. */
const remotes = (pid: number | undefined) => processTree(pid ?? 0).filter((p) => p.name === 'qmail-remote')

test('the first byte is the limit; the end of commands is the end, and half a command is nothing', async () => {
  const rig = start({ QMAILREMOTE: program('ok', "printf 'r\\0Kok\\n\\0'") })
  rig.say('\x0512/1001\0s@s\0r@x')
  assert.equal(await rig.end(), 0)
  assert.equal(rig.output(), 'x')
})

test('QMAIL_WIDE=1: the limit is 1000, and numbers have two bytes; programs do not see it', async () => {
  const rig = start({ QMAIL_WIDE: '1', QMAILREMOTE: program('wide', `printf 'r\\0Kok%s\\n\\0' "$QMAIL_WIDE"`) })
  rig.say('\x01\x2c12/1001\0s@s\0r@x\0')
  await until('the report', () => rig.output().includes('\n\0'))
  rig.say('\x03\xe812/1001\0s@s\0r@x\0')
  assert.equal(await rig.end(), 0)
  assert.match(rig.output(), /^\0\x03\xe8\x01\x2cKok\n\0\x03\xe8Z[^\0]*\(#4\.3\.5\)\n\0$/)
})

test('a command may come in any pieces', async () => {
  const rig = start({ QMAILREMOTE: program('ok', "printf 'r\\0Kok\\n\\0'") })
  for (const byte of '\x0012/1001\0s@s\0r@x\0') {
    rig.say(byte)
    await new Promise(setImmediate)
  }
  assert.equal(await rig.end(), 0)
  assert.equal(rig.output(), 'x\0Kok\n\0')
})

test('a bad command is answered at once, with its own number', async () => {
  mkdirSync(home.at('queue', 'mess', '7'), { recursive: true })
  layMessage(home, '3/1002', 'x\n')
  if (isRoot) chownSync(home.at('queue', 'mess', '3/1002'), 0, suiteUser(home.path, 'qmailq').gid)
  const { path, open } = gate('slow-gate')
  const rig = start({ QMAILREMOTE: program('slow', `read go < ${path}; printf 'r\\0Kok\\n\\0'`) })
  rig.command(1, 'r@x')
  rig.command(1, 'r@x')
  rig.command(120, 'r@x')
  rig.command(255, 'r@x')
  rig.command(2, 'r@x', '../1001')
  rig.command(3, 'r@x', '/1001')
  rig.command(4, 'r@x', '')
  rig.command(5, 'r@x', '1'.repeat(100))
  rig.command(6, 'nobody')
  rig.command(7, 'r@x', '12/4242')
  rig.command(8, 'r@x', '7')
  if (isRoot) rig.command(9, 'r@x', '3/1002')
  await rig.expect(isRoot ? 11 : 10)
  open()
  assert.equal(await rig.end(), 0)
  const expected = ['1Z#4.3.5', '120Z#4.3.5', '255Z#4.3.5', '2D#5.3.5', '3D#5.3.5', '4D#5.3.5', '5D#5.3.5', '6D#5.1.3', '7Z#4.3.0', '8Z#4.3.5']
  assert.deepEqual(rig.reports().map(gist), [...expected, ...(isRoot ? ['9Z#4.3.5'] : []), '1K'])
})

test('the program gets host, sender and recipient, the message on 0, stands in queue/mess, and runs as we do', async () => {
  const rig = start({ QMAILREMOTE: program('show', `printf 'r%s|%s|%s|%s|%s|' "$1" "$2" "$3" "$PWD" "$(id -u)"; cat; printf '\\0Kok\\n\\0'`) })
  rig.command(5, 'a@b@Host.example', '12/1001', 'caf\xe9@s')
  assert.equal(await rig.end(), 0)
  const uid = isRoot ? suiteUser(home.path, 'qmailr').uid : process.getuid?.()
  assert.deepEqual(rig.reports(), [`\x05KHost.example|caf\xe9@s|a@b@Host.example|${home.at('queue', 'mess')}|${uid}|Subject: x\n\nhi\nok\n`])
})

test('reports come in completion order, and the number is free again', async () => {
  const { path, open } = gate('by-gate')
  const rig = start({ QMAILREMOTE: program('by', `[ "$1" != held ] || read go < ${path}; printf 'r\\0K%s\\n\\0' "$3"`) })
  rig.command(1, 'a@held')
  rig.command(2, 'b@free')
  await rig.expect(1)
  rig.command(2, 'c@free')
  await rig.expect(2)
  open()
  assert.equal(await rig.end(), 0)
  assert.deepEqual(rig.reports(), ['\x02Kb@free\n', '\x02Kc@free\n', '\x01Ka@held\n'])
})

test('a delivery ends when nobody holds its descriptors any more', async () => {
  const rig = start({ QMAILREMOTE: program('fork', "(sleep 0.3; printf 'r\\0Klate\\n\\0') & exit 0") })
  rig.command(5, 'r@x')
  await rig.end()
  assert.deepEqual(rig.reports(), ['\x05Klate\n'])
})

test('what is printed on descriptor 2 counts as well', async () => {
  const rig = start({ QMAILREMOTE: program('err', "printf 'rfirst ' >&2; sleep 0.1; printf 'then\\0Kok\\n\\0'") })
  rig.command(5, 'r@x')
  await rig.end()
  assert.deepEqual(rig.reports(), ['\x05Kfirst thenok\n'])
})

test('a program that is killed, cannot be found, or fails', async () => {
  const run = async (name: string): Promise<string[]> => {
    const rig = start({ QMAILREMOTE: name })
    rig.command(5, 'r@x')
    await rig.end()
    return rig.reports().map((report) => report.slice(0, 2))
  }
  assert.deepEqual(await run(program('die', "printf 'r\\0Kok\\n\\0'; kill -9 $$")), ['\x05Z'])
  assert.deepEqual(await run(home.at('nowhere')), ['\x05D'])
  assert.deepEqual(await run(''), ['\x05D'])
  assert.deepEqual(await run(program('later', 'exit 111')), ['\x05Z'])
  assert.deepEqual(await run(program('never', 'exit 1')), ['\x05D'])
})

test('when nobody hears the reports any more, what runs is brought to its end', async () => {
  const done = home.at('queue', 'lock', 'done')
  const rig = start({ QMAILREMOTE: program('mark', `sleep 0.2; echo $3 >> ${done}; printf 'r\\0Kok\\n\\0'`) })
  await until('the first byte', () => rig.output() !== '')
  if (isRoot) chmodSync(home.at('queue', 'lock'), 0o770)
  rig.child.stdout?.destroy()
  for (const slot of [1, 2]) rig.command(slot, `r${slot}@x`)
  assert.equal(await rig.end(), 0)
  assert.deepEqual(readFileSync(done, 'latin1').trim().split('\n').sort(), ['r1@x', 'r2@x'])
})

test('the table of timeouts is emptied at the start, and keeps its size', async () => {
  writeFileSync(home.at('queue', 'lock', 'tcpto'), Buffer.alloc(1024, 7))
  await start().end()
  assert.deepEqual(readFileSync(home.at('queue', 'lock', 'tcpto')), Buffer.alloc(1024))
})

test('without a queue it does not start', async () => {
  renameSync(home.at('queue', 'mess'), home.at('queue', 'hidden'))
  const rig = start()
  assert.equal(await rig.end(), 111)
  assert.equal(rig.output(), '')
  renameSync(home.at('queue', 'hidden'), home.at('queue', 'mess'))
})

test('all deliveries go through one resident qmail-remote', async () => {
  const sink = await smtpSink((command) => (command.includes('bad@') ? '550 no' : undefined))
  home.control('smtproutes', `:127.0.0.1:${sink.port}\n`)
  const rig = start()
  for (let slot = 0; slot < 100; slot++) rig.command(slot, slot === 50 ? 'bad@x.example' : `r${slot}@x.example`)
  const reports = await rig.expect(100)
  assert.equal(sink.messages.length, 99)
  assert.deepEqual(sink.messages[0], { from: 's@s.example', to: sink.messages[0]?.to, text: 'Subject: x\r\n\r\nhi' })
  assert.deepEqual(
    reports.filter((report) => report.charAt(1) !== 'K').map((report) => [report.charCodeAt(0), report.charAt(1)]),
    [[50, 'D']]
  )
  assert.equal(remotes(rig.child.pid).length, 1)
  assert.equal(await rig.end(), 0)
})

test('several recipients of one command go through it in one conversation, with a report for each, where qmail-send knows of it', async () => {
  const sink = await smtpSink((command) => (command.includes('bad@') ? '550 no' : undefined))
  home.control('smtproutes', `:127.0.0.1:${sink.port}\n`)
  const rig = start({ QMAIL_WIDE: '1' })
  const say = (slot: number, recipients: string[], message = '12/1001'): void => {
    const [recipient = '', ...others] = recipients
    rig.say(commandBytes({ slot, message, sender: 's@s.example', recipient, others }, 2))
  }
  const reports = (): string[] => new ReportParser(2).push(Buffer.from(rig.output().slice(5), 'latin1')).map(({ slot, letter }) => `${slot}${letter}`)
  say(7, ['a@x.example', 'bad@x.example', 'b@x.example'])
  await until('three reports', () => reports().length === 3)
  assert.deepEqual(reports(), ['7K', '7D', '7K'])
  assert.deepEqual(
    sink.messages.map(({ to }) => to),
    [['a@x.example', 'b@x.example']]
  )
  say(7, ['a@x.example', 'b'])
  say(8, ['a@x.example', 'b@x.example'], '12/nothing')
  say(9, ['a@x.example', 'b@x.example'], '12/1099')
  assert.equal(await rig.end(), 0)
  assert.equal(rig.output().slice(0, 5), '\0\0\x64\x03\xe8')
  assert.deepEqual(reports().slice(3), ['7D', '7D', '8D', '8D', '9Z', '9Z'])
  const foreign = start({ QMAIL_WIDE: '1', QMAILREMOTE: program('ok', "printf 'r\\0Kok\\n\\0'") })
  assert.equal(await foreign.end(), 0)
  assert.equal(foreign.output(), '\0\x03\xe8', 'one by one with it')
})

test('which mail exchangers a host has is told before the report, where qmail-send knows of it', async () => {
  const { server } = await dnsZone({
    'x.example': {
      mx: [
        [10, 'B.mx.example'],
        [20, 'a.mx.example']
      ]
    },
    'b.mx.example': { a: ['127.0.0.9'] }
  })
  home.control('smtproutes', '')
  const ask = async (env: Record<string, string>, recipients: string[]): Promise<string[]> => {
    const rig = start({ DNSCACHEIP: server, ...env })
    const width = env.QMAIL_WIDE ? 2 : 1
    rig.say(
      commandBytes(
        { slot: 7, message: '12/1001', sender: 's@s.example', recipient: recipients[0] ?? '', others: recipients[1] ? recipients.slice(1) : undefined },
        width
      )
    )
    assert.equal(await rig.end(), 0)
    const text = rig.output().slice(width === 2 ? 5 : 1)
    return new ReportParser(width).push(Buffer.from(text, 'latin1')).map((one) => `${one.slot}${one.letter}${one.letter === 'M' ? one.text : ''}`)
  }
  assert.deepEqual(await ask({ QMAIL_WIDE: '1' }, ['a@x.example']), ['7Ma.mx.example,b.mx.example', '7Z'])
  assert.deepEqual(await ask({ QMAIL_WIDE: '1' }, ['a@x.example', 'b@x.example']), ['7Ma.mx.example,b.mx.example', '7Z', '7Z'])
  assert.deepEqual(await ask({}, ['a@x.example']), ['7Z'])
})

test('a server that has much to say about each of a hundred recipients is quoted for each, and harms nobody', async () => {
  const sink = await smtpSink((command) => (command.startsWith('RCPT') ? `550 ${'x'.repeat(8000)}` : undefined))
  home.control('smtproutes', `:127.0.0.1:${sink.port}\n`)
  const rig = start({ QMAIL_WIDE: '1' })
  const recipients = Array.from({ length: 100 }, (_, n) => `r${n}@x.example`)
  rig.say(commandBytes({ slot: 7, message: '12/1001', sender: 's@s.example', recipient: 'r@x.example', others: recipients.slice(1) }, 2))
  const reports = () => new ReportParser(2).push(Buffer.from(rig.output().slice(5), 'latin1'))
  await until('a hundred reports', () => reports().length === 100)
  for (const { slot, letter, text } of reports()) assert.deepEqual([slot, letter, text.length > 5000], [7, 'D', true], text.slice(0, 100))
  assert.equal(await rig.end(), 0)
})

test('when the resident process is killed its deliveries are deferred, and the next ones go through a new one', async () => {
  const sink = await smtpSink((command) => (command.includes('wait@') ? null : undefined))
  home.control('smtproutes', `:127.0.0.1:${sink.port}\n`)
  const rig = start()
  rig.command(1, 'wait@x.example')
  rig.command(2, 'wait@x.example')
  await until('both to wait', () => sink.commands.filter((line) => line.includes('wait@')).length === 2)
  const [first] = remotes(rig.child.pid)
  assert.ok(first)
  process.kill(first.pid, 'SIGKILL')
  assert.deepEqual(
    (await rig.expect(2)).map((report) => report.slice(1)),
    ['Zqmail-remote crashed. (#4.3.0)\n', 'Zqmail-remote crashed. (#4.3.0)\n']
  )
  rig.command(1, 'ok@x.example')
  assert.equal((await rig.expect(3))[2]?.slice(0, 2), '\x01K')
  assert.notEqual(remotes(rig.child.pid)[0]?.pid, first.pid)
  await rig.end()
})

test('a changed program file replaces the resident process, which finishes what it has', async () => {
  let release = (): void => {}
  const sink = await smtpSink((command) => (command.includes('wait@') ? null : undefined))
  sink.server.on('connection', (socket) => {
    release = () => void socket.write('250 at last\r\n')
  })
  home.control('smtproutes', `:127.0.0.1:${sink.port}\n`)
  const rig = start()
  rig.command(1, 'wait@x.example')
  await until('the recipient', () => sink.commands.some((line) => line.includes('wait@')))
  const [first] = remotes(rig.child.pid)
  const releaseFirst = release
  utimesSync(home.at('bin', 'qmail-remote'), new Date(), new Date(Date.now() + 5000))
  rig.command(2, 'ok@x.example')
  assert.equal((await rig.expect(1))[0]?.slice(0, 2), '\x02K')
  assert.equal(remotes(rig.child.pid).length, 2)
  releaseFirst()
  assert.equal((await rig.expect(2))[1]?.slice(0, 2), '\x01K')
  await until('the old one to end', () => remotes(rig.child.pid).length === 1)
  assert.notEqual(remotes(rig.child.pid)[0]?.pid, first?.pid)
  await rig.end()
})

test('control/firstgear, a wrapper in bin/ and a qmail-remote earlier in PATH are run once for each delivery', async () => {
  const sink = await smtpSink()
  home.control('smtproutes', `:127.0.0.1:${sink.port}\n`)
  home.control('firstgear', 'qmail-remote\n')
  const first = start()
  first.command(1, 'a@x.example')
  assert.equal((await first.expect(1))[0]?.slice(0, 2), '\x01K')
  assert.equal(remotes(first.child.pid).length, 0)
  await first.end()
  rmSync(home.at('control', 'firstgear'))

  mkdirSync(home.at('wrap'))
  program('wrap/qmail-remote', "printf 'r\\0Kearlier\\n\\0'")
  const wrapped = start({ PATH: `${home.at('wrap')}:${home.at('bin')}:/usr/bin:/bin` })
  wrapped.command(1, 'a@x.example')
  await wrapped.end()
  assert.deepEqual(wrapped.reports(), ['\x01Kearlier\n'])

  const running = start()
  running.command(1, 'a@x.example')
  assert.match((await running.expect(1))[0] ?? '', /accepted/)
  program('bin/qmail-remote', "printf 'r\\0Kwrapper\\n\\0'")
  running.command(1, 'a@x.example')
  assert.equal((await running.expect(2))[1], '\x01Kwrapper\n')
  await running.end()
})

test('a program in its place has the notes in its environment, recipients by argument; what demands TLS is not for it', async () => {
  const seen = home.at('seen-notes')
  writeFileSync(seen, '')
  chmodSync(seen, 0o666)
  const script = `cat > /dev/null; printenv QMAILESMTP >> ${seen} || echo unset >> ${seen}; printf 'r\\0Kok\\n\\0+dsn\\0'`
  const rig = start({ QMAILREMOTE: program('noted', script) })
  const ask = async (slot: number, notes: string | undefined, count: number): Promise<string | undefined> => {
    rig.say(commandBytes({ slot, message: '12/1001', sender: 's@s', recipient: 'r@x', notes }))
    return (await rig.expect(count)).at(-1)
  }
  assert.equal(await ask(1, 'v=1 ret=H r=0,n=S', 1), '\x01kok\n', 'the next host tells of success')
  assert.equal(await ask(2, undefined, 2), '\x02Kok\n')
  assert.match((await ask(3, 'v=1 tls r=0,n=S', 3)) ?? '', /^\x03ZREQUIRETLS cannot be passed on: [^\n]*\(#4\.7\.0\)\n$/)
  assert.equal(await rig.end(), 0)
  const [noted = '', plain, none] = readFileSync(seen, 'latin1').split('\n')
  assert.deepEqual(notesForRemote(noted, ['x', 's@s', 'r@x']), { items: ['v=1', 'ret=H'], recipients: new Map([[0, { notify: 'S', orcpt: undefined }]]) })
  assert.match(noted, / r=3,n=S$/)
  assert.deepEqual([plain, none], ['unset', ''])
})

test('several recipients in one delivery by a program that is run for each: everyone with their own notes', async () => {
  const own = makeHome()
  layMessage(own, '12/1001', 'Subject: x\n\nhi\n')
  const seen = own.at('seen')
  writeFileSync(seen, '')
  chmodSync(seen, 0o666)
  const rig = startSpawner(own, 'qmail-rspawn', 'qmailr', { QMAIL_WIDE: '1' })
  rig.say(commandBytes({ slot: 2, message: 'bad', sender: '', recipient: 'r@x' }, 2))
  await until('it to be at work', () => rig.output().includes('\0\x02Dqmail spawner: bad message name'))
  rmSync(own.at('bin', 'qmail-remote'))
  writeFileSync(own.at('bin', 'qmail-remote'), `#!/bin/sh\ncat > /dev/null; echo "$3 $QMAILESMTP" >> ${seen}; printf 'r\\0Kok\\n\\0+dsn\\0'\n`)
  chmodSync(own.at('bin', 'qmail-remote'), 0o755)
  rig.say(commandBytes({ slot: 1, message: '12/1001', sender: 's@s', recipient: 'a@x', others: ['b@x'], notes: 'v=1 envid=E r=0,n=S r=1,n=N' }, 2))
  await until('both reports', () => rig.output().endsWith('\0\x01kok\n\0\0\x01kok\n\0'))
  assert.equal(await rig.end(), 0)
  assert.match(readFileSync(seen, 'latin1'), /^a@x e=[0-9a-f]{16} v=1 envid=E r=3,n=S\nb@x e=[0-9a-f]{16} v=1 envid=E r=3,n=N\n$/)
})
