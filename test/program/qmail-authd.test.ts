import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { NetstringParser } from '../../src/core/netstring.ts'
import { type AuthAnswer, type AuthRequest, MAX_ANSWER_BYTES, packRequest, unpackAnswer } from '../../src/serve/auth-door.ts'
import { makeHome } from '../helpers/home.ts'
import { processOf, processTree } from '../helpers/proc.ts'
import { runProgram } from '../helpers/run-program.ts'
import { startSuite } from '../helpers/suite.ts'
import { until, untilClosed, untilServed } from '../helpers/wait.ts'

const home = makeHome()
const checker = home.at('lib', 'checker')
const lay = (script: string): void => {
  writeFileSync(checker, `#!/bin/sh\n${script}\n`)
  chmodSync(checker, 0o755)
}
// What it was told goes into a file; the secret says what it answers.
lay(`tr '\\0' '|' <&3 >'${home.at('lib', 'told')}'; printf '%s\\n' "$0 $* $PROTO $TCPREMOTEIP $TCPLOCALIP $SERVICE $#" >'${home.at('lib', 'env')}'
case "$(cat '${home.at('lib', 'told')}')" in
  *'|good|'*) echo canon; echo joe@example.org; echo @example.net; exit 0;;
  *'|plain|'*) exit 0;;
  *'|broken|'*) kill -9 $$;;
  *'|busy|'*) exit 111;;
esac
exit 1`)
home.control('checkpassword', `${checker} true more\n`)
const daemon = spawn(home.at('bin', 'qmail-authd'), { stdio: ['ignore', 'ignore', 'inherit'], env: {} })
after(() => daemon.kill('SIGTERM'))
await untilServed(home.at('run', 'smtpd', 'auth'))

const request: AuthRequest = { method: 'plain', service: 'smtp', ip: '192.0.2.1', localIp: '192.0.2.2', user: 'joe', secret: 'good', challenge: '' }
const door = async (): Promise<Socket> => {
  const socket = connect({ path: home.at('run', 'smtpd', 'auth') })
  await once(socket, 'connect')
  return socket
}
const ask = async (socket: Socket, what: Partial<AuthRequest>): Promise<AuthAnswer> => {
  const parser = new NetstringParser(MAX_ANSWER_BYTES)
  const hear = (chunk: Buffer): void => void parser.push(chunk)
  socket.on('data', hear) // one listener for all of it: between two, bytes would be lost
  socket.write(packRequest({ ...request, ...what }))
  const answer = await until('an answer', () => parser.next())
  socket.off('data', hear)
  return unpackAnswer(answer)
}

test('a checker that says yes gives the name it has for the user, and the addresses it may use', async () => {
  const socket = await door()
  assert.deepEqual(await ask(socket, {}), { kind: 'good', user: 'canon', senders: 'joe@example.org\n@example.net' })
  assert.equal(readFileSync(home.at('lib', 'told'), 'latin1'), 'joe|good||')
  assert.equal(readFileSync(home.at('lib', 'env'), 'latin1'), `${checker} true more TCP 192.0.2.1 192.0.2.2 smtp 2\n`)
  assert.deepEqual(await ask(socket, { secret: 'plain' }), { kind: 'good', user: 'joe', senders: '' })
  socket.destroy()
})

test('no, trouble and a crash are told apart, on one connection, one after another', async () => {
  const socket = await door()
  assert.deepEqual(await ask(socket, { secret: 'bad' }), { kind: 'refused' })
  assert.deepEqual(await ask(socket, { secret: 'busy' }), { kind: 'temporary' })
  assert.deepEqual(await ask(socket, { secret: 'broken' }), { kind: 'temporary' })
  socket.destroy()
})

test('a challenge and the name of a token method come third', async () => {
  const socket = await door()
  await ask(socket, { method: 'cram-md5', secret: 'digest', challenge: '<1.2@x>' })
  assert.equal(readFileSync(home.at('lib', 'told'), 'latin1'), 'joe|digest|<1.2@x>|')
  await ask(socket, { method: 'oauthbearer', user: '', secret: 'token' })
  assert.equal(readFileSync(home.at('lib', 'told'), 'latin1'), '|token|oauthbearer|')
  socket.destroy()
})

test('what is no request closes the connection, and others are served', async () => {
  const bad = await door()
  const other = await door()
  bad.write('7:garbage,')
  await untilClosed(bad)
  assert.equal((await ask(other, {})).kind, 'good')
  const long = await door()
  long.write(packRequest({ ...request, user: 'x'.repeat(256) }))
  await untilClosed(long)
  other.destroy()
})

test('a network that guesses waits, and holds up no other', async () => {
  const socket = await door()
  for (let n = 0; n < 10; n++) assert.equal((await ask(socket, { ip: '198.51.100.9', secret: 'bad', user: `u${n}` })).kind, 'refused')
  socket.destroy()
  const order: string[] = []
  const [guesser, other] = [await door(), await door()]
  const late = ask(guesser, { ip: '198.51.100.9', secret: 'good', user: 'ann' }).then((answer) => order.push(`guesser ${answer.kind}`))
  // While the eleventh attempt waits, another's comes and goes; the checker, which writes down whom it is asked about, has not heard of it.
  order.push(`other ${(await ask(other, { ip: '198.51.100.10' })).kind}`)
  assert.equal(readFileSync(home.at('lib', 'told'), 'latin1'), 'joe|good||')
  await late
  assert.deepEqual(order, ['other good', 'guesser good'])
  assert.equal(readFileSync(home.at('lib', 'told'), 'latin1'), 'ann|good||')
  for (const s of [guesser, other]) s.destroy()
})

test('a checker that is not there is temporary', async () => {
  const socket = await door()
  home.control('checkpassword', '/nowhere/checker\n')
  assert.deepEqual(await ask(socket, { ip: '203.0.113.5' }), { kind: 'temporary' })
  socket.destroy()
})

test('qmail-start keeps it running where control/checkpassword is there, and qmail-showctl says since when', async () => {
  const own = makeHome()
  const told = (): string => /^helper qmail-authd .*/m.exec(runProgram(own, 'qmail-showctl').stdout)?.[0] ?? ''
  const before = Math.floor(Date.now() / 1000)
  own.control('checkpassword', 'checkpassword true\n')
  const suite = await startSuite(own)
  const running = (): number | undefined => processTree(suite.child.pid ?? 0).find(({ name }) => name === 'qmail-authd')?.pid
  const first = await until('qmail-authd', running)
  await until('its door', () => existsSync(own.at('run', 'smtpd', 'auth')))
  const since = /^helper qmail-authd is on \(control\/checkpassword\), running since (\S+)\.$/.exec(told())?.[1] ?? told()
  const seconds = Date.parse(since) / 1000
  assert.ok(seconds >= before && seconds <= Date.now() / 1000, since)
  process.kill(first, 'SIGKILL')
  const second = await until('another one', () => (running() === first ? undefined : running()))
  assert.match(told(), /, running since /)
  assert.equal(await suite.stop(), 0)
  await until('its end', () => processOf(second) === undefined)
  assert.equal(told(), 'helper qmail-authd is on (control/checkpassword), but qmail-start is not running.')
})
