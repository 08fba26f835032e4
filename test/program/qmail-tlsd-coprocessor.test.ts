import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, rmSync, statSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { netstring } from '../../src/core/netstring.ts'
import { ANSWER, ASKS_ABLE, packWords, REQUEST, unpackWords } from '../../src/net/coprocessor.ts'
import { NetstringReader } from '../../src/net/netstring-reader.ts'
import { suiteUser } from '../../src/os/ids.ts'
import { selfSigned } from '../helpers/certificate.ts'
import { demandingSink } from '../helpers/demanding-sink.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { processOf, processTree } from '../helpers/proc.ts'
import { runProgram } from '../helpers/run-program.ts'
import { startDaemon, startSuite, until } from '../helpers/suite.ts'
import { layCertificate } from '../helpers/tls.ts'
import { PATIENT, untilClosed, untilServed } from '../helpers/wait.ts'

const ID = '0123456789abcdef'.repeat(2)
const home = makeHome()
layCertificate(home, selfSigned(['client.example']), 'clientcert.pem')
const daemon = startDaemon(home, 'qmail-tlsd', ['-c'])
await untilServed(home.at('run', 'smtpd', 'tls'))

const door = async (name: 'remote' | 'smtpd', ...words: (Buffer | string)[]): Promise<Socket> => {
  const socket = connect({ path: home.at('run', name, 'tls') })
  await once(socket, 'connect')
  socket.on('error', () => {})
  for (const word of words) socket.write(word)
  return socket
}
/** It is closed from the other side, without a word. */
const isRefused = async (socket: Socket): Promise<void> => {
  let said = ''
  socket.on('data', (data) => {
    said += String(data)
  })
  await untilClosed(socket)
  assert.equal(said, '')
}

test('the doors are for one account each, and it is qmailt that stands behind them', () => {
  for (const [name, user] of [
    ['remote', 'qmailr'],
    ['smtpd', 'qmaild']
  ] as const) {
    const { mode, uid } = statSync(home.at('run', name))
    assert.equal(mode & 0o777, 0o700)
    if (isRoot) assert.equal(uid, suiteUser(home.path, user).uid)
  }
  if (isRoot) assert.deepEqual(processOf(daemon.child.pid ?? 0)?.uids, Array(4).fill(suiteUser(home.path, 'qmailt').uid))
})

test(
  'what is no session closes the connection: no netstring, another word, an empty one, a session begun twice, words before the answer',
  PATIENT,
  async () => {
    for (const words of [
      ['GET / HTTP/1.0\r\n\r\n'],
      [netstring('x')],
      [netstring('')],
      [netstring(`p${ID.toUpperCase()}`)],
      [netstring(`p${ID}0`)],
      ['99999999:x'],
      [Buffer.concat([netstring(`c${ID}`), Buffer.of(22, 3, 1)])]
    ])
      await isRefused(await door('remote', ...words))
    const first = await door('remote', netstring(`c${ID}`))
    await isRefused(await door('remote', netstring(`c${ID}`)))
    first.destroy()
    await until('the log', () => (daemon.log().match(/^tls: warning: closing a connection: /gm)?.length ?? 0) >= 8)
  }
)

test('each door is for its own kind of sessions', PATIENT, async () => {
  await isRefused(await door('smtpd', netstring(`p${ID}`), packWords(REQUEST.client, ['clientcert', 'mx.example', 'TLSv1.2', '', '', ''])))
  await isRefused(await door('remote', netstring(`p${ID}`), packWords(REQUEST.server, ['127.0.0.1'])))
  await isRefused(await door('remote', netstring(ASKS_ABLE)))
  // the ciphertext's side of a session at one door is nothing at the other
  const here = await door('remote', netstring(`p${ID}`), packWords(REQUEST.client, ['clientcert', '', 'TLSv1.2', '', '', '']))
  const there = await door('smtpd', netstring(`c${ID}`))
  await Promise.all([isRefused(here), isRefused(there)]) // it is waited for in vain
})

test('a door for servers says whether TLS is to be had', PATIENT, async () => {
  const ask = async () => {
    const socket = await door('smtpd', netstring(ASKS_ABLE))
    const { kind, fields } = unpackWords(await new NetstringReader(socket, 1000).next())
    socket.destroy()
    return [kind, ...fields.map(String)]
  }
  assert.deepEqual(await ask(), [ANSWER.failed, 'there is no certificate that can be used'])
  layCertificate(home, selfSigned(['mx.example']))
  for (;;) {
    const [kind] = await ask() // files are looked at once a second
    if (kind === ANSWER.ok) break
  }
  rmSync(home.at('control', 'servercert.pem'))
})

test('called by hand without -c it says what it is for', () => {
  const { exit, stderr } = runProgram(home, 'qmail-tlsd')
  assert.deepEqual([exit, stderr], [100, 'qmail-tlsd: fatal: it is started by tcpserver, which hands it connections, or with -c\n'])
})

test('qmail-start keeps it running where control/clientcert.pem is there; a resident qmail-remote delivers by it', PATIENT, async () => {
  const own = makeHome()
  const [theirs, ours] = [selfSigned(['127.0.0.1']), selfSigned(['client.example'])]
  const { port, seen } = await demandingSink({ cert: theirs, key: theirs, ca: ours })
  own.control('smtproutes', `:127.0.0.1:${port}\n`)
  layCertificate(own, ours, 'clientcert.pem')
  if (isRoot) assert.equal(statSync(own.at('control', 'clientcert.pem')).mode & 0o777, 0o400)
  const suite = await startSuite(own)
  const running = (): number | undefined => processTree(suite.child.pid ?? 0).find(({ name }) => name === 'qmail-tlsd')?.pid
  const first = await until('qmail-tlsd', running)
  await untilServed(own.at('run', 'remote', 'tls'))
  const sendMail = (subject: string): void => {
    const { exit, stderr } = runProgram(own, 'qmail-inject', { args: ['-f', 's@s.example', 'r@x.example'], input: `Subject: ${subject}\n\nx\n` })
    assert.equal(exit, 0, stderr)
  }
  sendMail('one')
  await until(
    () => `the message; log:\n${suite.log()}`,
    () => seen.messages.length === 1
  )
  if (isRoot) assert.equal(processOf(first)?.uids[0], suiteUser(own.path, 'qmailt').uid)
  process.kill(first, 'SIGKILL')
  const second = await until('another one', () => (running() === first ? undefined : running()))
  await untilServed(own.at('run', 'remote', 'tls'))
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) sendMail(name)
  await until(
    () => `the others; log:\n${suite.log()}`,
    () => seen.messages.length === 9
  )
  assert.deepEqual(new Set(seen.names), new Set(['client.example']))
  assert.equal(await suite.stop(), 0)
  await until('its end', () => processOf(second) === undefined)
  assert.deepEqual(readdirSync(own.at('queue', 'todo')), [])
})
