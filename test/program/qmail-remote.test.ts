import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { connectTo } from '../../src/net/client.ts'
import { dnsZone } from '../helpers/dns-zone.ts'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { POLITE, type Script, smtpScript } from '../helpers/smtp-script.ts'
import { startProgram } from '../helpers/start-program.ts'

const home = makeHome()
const table = home.at('queue', 'lock', 'tcpto')

interface Outcome {
  reports: string
  heard: string[]
}
/** Delivers a message to a server that plays a script, routed to it. */
const converse = async (script: Script, input = 'Subject: x\n\nhi\n', args = ['x.example', 's@s.example', 'r@x.example']): Promise<Outcome> => {
  const server = await smtpScript(script)
  home.control('smtproutes', `:127.0.0.1:${server.port}\n`)
  const { exit, stdout, stderr } = await startProgram(home, 'qmail-remote', { args, input })
  assert.deepEqual([exit, stderr], [0, ''])
  return { reports: stdout, heard: await server.heard() }
}
const upTo = (steps: number, ...then: string[]): Script => [...POLITE.slice(0, steps), ...then]

test('HELO, MAIL, RCPT, DATA, the message, QUIT: in this order, and the reports say who took it', async () => {
  const { reports, heard } = await converse(POLITE, '.dot\nline\n')
  assert.equal(reports, 'r\0K127.0.0.1 accepted message.\nRemote host said: 250 done\n\0')
  assert.deepEqual(heard, ['HELO mail.example.org\r\nMAIL FROM:<s@s.example>\r\nRCPT TO:<r@x.example>\r\nDATA\r\n..dot\r\nline\r\n.\r\nQUIT\r\n'])
})

test('a message of megabytes arrives complete', async () => {
  const message = `${'0123456789'.repeat(7)}\n`.repeat(60_000)
  const { reports, heard } = await converse(POLITE, message)
  assert.match(reports, /^r\0K/)
  assert.equal(/DATA\r\n([\s\S]*)\r\n\.\r\nQUIT/.exec(heard[0] ?? '')?.[1], message.slice(0, -1).replaceAll('\n', '\r\n'))
})

test('8-bit addresses and bytes go out as they came', async () => {
  const { heard } = await converse(POLITE, 'caf\xe9\xff\n', ['x.example', 'ü@s', 'r@x'])
  assert.ok(heard[0]?.includes('MAIL FROM:<"\xc3\xbc"@s>\r\n'))
  assert.ok(heard[0]?.includes('\r\ncaf\xe9\xff\r\n.\r\n'))
})

test('answers may come in pieces, in many lines, and ahead of the question', async () => {
  const script = ['22', '0-a\r\n2', '20 b\r\n250 early\r\n', 'hear', 'hear', ...POLITE.slice(4)]
  assert.equal((await converse(script)).reports, 'r\0K127.0.0.1 accepted message.\nRemote host said: 250 done\n\0')
})

test('an answer without an end ends the connection', async () => {
  assert.match((await converse(['220-x\r\n'.repeat(250_000)])).reports, /^ZConnected to 127.0.0.1 but connection died. \(#4.4.2\)/)
})

test('addresses are quoted as SMTP needs it, and go out as they are without @', async () => {
  const script = [...POLITE.slice(0, 5), ...Array(5).fill(['hear', '250 ok\r\n']).flat(), ...POLITE.slice(7)]
  const { heard } = await converse(script, 'x\n', ['x', '', 'a b@x', 'q"x@y', '@y', 'a@b@c', 'a b'])
  assert.deepEqual(
    /MAIL[\s\S]*(?=\r\nDATA)/
      .exec(heard[0] ?? '')?.[0]
      .split('\r\n')
      .map((line) => line.replace(/^[^<]*/, '')),
    ['<>', '<"a b"@x>', '<"q\\"x"@y>', '<""@y>', '<"a@b"@c>', '<a b>']
  )
})

test('an answer is quoted without CR, with ? for NUL, and cut at 5000 bytes', async () => {
  const { reports } = await converse(upTo(4, `550-a\0b\r\n550 ${'z'.repeat(6000)}\r\n`))
  const said = `550-a?b\n550 ${'z'.repeat(6000)}\n`.slice(0, 5000)
  assert.equal(reports, `DConnected to 127.0.0.1 but sender was rejected.\nRemote host said: ${said}\0`)
})

test('what is not a reply code refuses', async () => {
  assert.match((await converse(upTo(4, 'abc\r\n'))).reports, /^DConnected/)
  assert.match((await converse(['abc\r\n'])).reports, /^ZConnected .* greeting/)
})

test('refused recipients are reported one by one, the rest get the message', async () => {
  const script = upTo(4, '250 ok\r\n', 'hear', '450 later\r\n', 'hear', '250 ok\r\n', 'hear', '550 never\r\n', 'hear', '354 go\r\n', 'hear all', '250 done\r\n')
  const { reports } = await converse(script, 'x\n', ['x', 's', 'a@x', 'b@x', 'c@x'])
  const no = '127.0.0.1 does not like recipient.\nRemote host said:'
  assert.equal(reports, `s${no} 450 later\n\0r\0h${no} 550 never\n\0K127.0.0.1 accepted message.\nRemote host said: 250 done\n\0`)
})

test('a connection that dies says whether the message may have got through', async () => {
  const died = 'ZConnected to 127.0.0.1 but connection died. '
  assert.equal((await converse(['close'])).reports, `${died}(#4.4.2)\n\0`)
  assert.equal((await converse(upTo(8, 'reset'))).reports, `r\0${died}(#4.4.2)\n\0`)
  assert.equal((await converse(upTo(9, 'hear all', 'close'))).reports, `r\0${died}Possible duplicate! (#4.4.2)\n\0`)
})

test('a server that stays silent for timeoutremote seconds is given up', async () => {
  home.control('timeoutremote', '1\n')
  assert.match((await converse(upTo(3, 'silent'))).reports, /^ZConnected to 127.0.0.1 but connection died. \(#4.4.2\)\n\0$/)
  rmSync(home.at('control', 'timeoutremote'))
})

test('a message with a partial last line is never completed', async () => {
  const { reports, heard } = await converse(POLITE, `${'long line\n'.repeat(10_000)}partial`)
  assert.match(reports, /^r\0D.*\(#5\.6\.2\)\n\0$/)
  assert.ok(!/\r\n\.\r\n|QUIT/.test(heard[0] ?? ''))
})

test('too few arguments, a missing name and an unreadable control file each give their report, with exit 0', () => {
  for (const args of [[], ['x'], ['x', 's']]) assert.match(runProgram(home, 'qmail-remote', { args }).stdout, /^D.*\(#5\.3\.5\)\n\0$/)
  rmSync(home.at('control', 'me'))
  const args = ['x', 's', 'r@x']
  assert.match(runProgram(home, 'qmail-remote', { args }).stdout, /^Z.*\(#4\.3\.0\)\n\0$/)
  writeFileSync(home.at('control', 'helohost'), '')
  home.control('smtproutes', ':127.0.0.1:1\n')
  const { exit, stdout } = runProgram(home, 'qmail-remote', { args })
  assert.deepEqual([exit, /#\d\.\d\.\d/.exec(stdout)?.[0]], [0, '#4.4.1'])
  rmSync(home.at('control', 'helohost'))
  home.control('me', 'mail.example.org\n')
})

test('where mail goes is asked of DNS, and what DNS says shows in the report', async () => {
  rmSync(home.at('control', 'smtproutes'), { force: true })
  const { server } = await dnsZone({ 'self.t': { mx: [[1, 'me.t']] }, 'me.t': { a: ['127.0.0.1'] }, 'null.t': { mx: [[0, '']] }, 'fail.t': { rcode: 2 } })
  const codes = async (host: string): Promise<string> => {
    const { stdout } = await startProgram(home, 'qmail-remote', { args: [host, 's', `r@${host}`], env: { DNSCACHEIP: server } })
    return `${stdout.charAt(0)}${/#\d\.\d\.\d+/.exec(stdout)}`
  }
  assert.deepEqual(await Promise.all(['self.t', 'null.t', 'fail.t', 'gone.t', '[127.0.0.1]'].map(codes)), [
    'D#5.4.6',
    'D#5.1.10',
    'Z#4.1.2',
    'D#5.1.2',
    'D#5.4.6'
  ])
})

test('an address with two recent timeouts is not tried; success and refusal clear its record', async () => {
  const record = (count: number): Buffer => {
    const bytes = Buffer.alloc(1024)
    Buffer.from([127, 0, 0, 1, count]).copy(bytes)
    bytes.writeUInt32LE(Math.floor(Date.now() / 1000) - 600, 8)
    return bytes
  }
  const count = (): number => readFileSync(table)[4] ?? -1
  writeFileSync(table, record(2))
  assert.match((await converse(POLITE)).reports, /^Z.*\(#4\.4\.1\)/)
  assert.equal(count(), 2)
  writeFileSync(table, record(1))
  assert.match((await converse(POLITE)).reports, /^r\0K/)
  assert.equal(count(), 0)
  writeFileSync(table, record(1))
  home.control('smtproutes', ':127.0.0.1:1\n')
  assert.match((await startProgram(home, 'qmail-remote', { args: ['x', 's', 'r@x'] })).stdout, /\(#4\.4\.1\)/)
  assert.equal(count(), 0)
  writeFileSync(table, Buffer.alloc(1024))
})

/** A port whose owner never accepts, and whose queue is full: connecting to it gets no answer at all. */
const deafPort = async (): Promise<number> => {
  const code = "require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () { console.log(this.address().port) })"
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  after(() => child.kill('SIGKILL'))
  const port = Number(String((await once(child.stdout, 'data'))[0]))
  child.kill('SIGSTOP')
  for (let n = 0; n < 20; n++) {
    const connection = await connectTo('127.0.0.1', port, 1)
    if (connection === 'timeout' && (await connectTo('127.0.0.1', port, 2)) === 'timeout') return port // twice: once may be a machine that is busy
    if (typeof connection !== 'string') after(() => connection.abort())
  }
  throw new Error('the port still answers')
}

test('only a connection attempt without any answer counts as a timeout', async () => {
  home.control('smtproutes', `:127.0.0.1:${await deafPort()}\n`)
  home.control('timeoutconnect', '1\n')
  const run = () => startProgram(home, 'qmail-remote', { args: ['x', 's', 'r@x'] })
  assert.match((await run()).stdout, /^Z.*\(#4\.4\.1\)/)
  const first = readFileSync(table).subarray(0, 16)
  assert.deepEqual([...first.subarray(0, 5)], [127, 0, 0, 1, 1])
  assert.ok(Math.abs(first.readUInt32LE(8) - Date.now() / 1000) < 300)
  assert.match((await run()).stdout, /^Z/)
  assert.deepEqual(readFileSync(table).subarray(0, 16), first)
})
