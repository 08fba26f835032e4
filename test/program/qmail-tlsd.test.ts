import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect as connectPlain, createServer, type Server, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { connect } from 'node:tls'
import { startResident } from '../../src/spawn/own-program.ts'
import type { FromTlsd, ToTlsd } from '../../src/spawn/tls-handover.ts'
import { makeHome } from '../helpers/home.ts'
import { until, untilClosed } from '../helpers/wait.ts'

const home = makeHome()
const layCertificate = (): void => {
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=mx.example', '-keyout', '-']
  const { stdout, status } = spawnSync('openssl', args, { encoding: 'latin1' })
  assert.equal(status, 0)
  writeFileSync(home.at('control', 'servercert.pem'), stdout)
}
layCertificate()

const tlsd = startResident(home.path, 'qmail-tlsd', { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env: {} })
let log = ''
tlsd.stderr?.on('data', (data) => {
  log += String(data)
})
const news: FromTlsd[] = []
tlsd.on('message', (message) => void news.push(message as FromTlsd))
const heard = async (want: FromTlsd): Promise<void> => {
  while (!news.some((one) => JSON.stringify(one) === JSON.stringify(want))) await once(tlsd, 'message')
}
/** The log comes by another way than the news, and may be later. */
const logged = (line: RegExp): Promise<unknown> =>
  until(
    () => `${line} in the log:\n${log}`,
    () => line.test(log)
  )
const give = (message: ToTlsd, socket?: Socket): Promise<void> =>
  new Promise((resolve) => {
    tlsd.send(message, socket, { keepOpen: true }, () => {
      socket?.destroy()
      resolve()
    })
  })

const servers: Server[] = []
const listen = async (where: { path: string } | { port: 0; host: string }): Promise<Server> => {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }).listen(where)
  await once(server, 'listening')
  servers.push(server)
  return server
}
after(() => {
  for (const server of servers) server.close()
  if (tlsd.connected) tlsd.disconnect()
})

/** A connected pair. */
const pairs = await listen({ path: home.at('run', 'pair') })
const pair = async (): Promise<[Socket, Socket]> => {
  const far = once(pairs, 'connection')
  const near = connectPlain({ path: home.at('run', 'pair'), allowHalfOpen: true })
  return [near, ((await far) as [Socket])[0]]
}
const port = await listen({ port: 0, host: '127.0.0.1' })
let lastId = 0
/** A client's connection, given to qmail-tlsd; our end of the pair, and the client's. */
const session = async (ready: string): Promise<{ id: number; client: Socket; inside: Socket }> => {
  const id = ++lastId
  const accepted = once(port, 'connection')
  const client = connectPlain({ port: (port.address() as AddressInfo).port, host: '127.0.0.1' })
  const [raw] = (await accepted) as [Socket]
  const [inside, far] = await pair()
  await give({ kind: 'plain', id }, far)
  await give({ kind: 'tls', id, ready }, raw)
  return { id, client, inside }
}
/** What is heard from now on, until it is enough. One listener for all of it: between two, bytes would be lost. */
const readUntil = (socket: Socket, isDone: (text: string) => boolean): Promise<string> =>
  new Promise((resolve) => {
    let text = ''
    const take = (data: Buffer): void => {
      text += String(data)
      if (!isDone(text)) return
      socket.off('data', take)
      resolve(text)
    }
    socket.on('data', take)
  })

test('it says at the start that it has a certificate', () => heard({ kind: 'able', isAble: true }))

test('the 220 comes from it, then the handshake; inside it are the variables, then bytes both ways, and ends are passed on', async () => {
  const { id, client, inside } = await session('220 ready for tls\r\n')
  assert.equal(await readUntil(client, (text) => text.endsWith('\n')), '220 ready for tls\r\n')
  const tls = connect({ socket: client, servername: 'mx.example', rejectUnauthorized: false })
  tls.write('EHLO x\r\n')
  assert.equal(await readUntil(inside, (text) => text.endsWith('EHLO x\r\n')), 'EHLO x\r\n')
  const secured = await until('the variables', () => news.find((one) => one.kind === 'secured' && one.id === id))
  const variables = new Map(secured.kind === 'secured' ? secured.variables : [])
  assert.equal(variables.get('SSL_PROTOCOL'), 'TLSv1.3')
  assert.match(variables.get('SSL_CIPHER') ?? '', /^TLS_[A-Z0-9_]+$/)
  assert.deepEqual(
    ['SSL_TLS_SNI', 'SSL_SERVER_S_DN_CN', 'SSL_CLIENT_VERIFY'].map((name) => variables.get(name)),
    ['mx.example', 'mx.example', 'NONE']
  )
  inside.write('250 ok\r\n')
  assert.equal(await readUntil(tls as unknown as Socket, (text) => text.endsWith('\n')), '250 ok\r\n')
  inside.end('221 bye\r\n')
  assert.equal(await readUntil(tls as unknown as Socket, (text) => text.endsWith('\n')), '221 bye\r\n')
  tls.end()
  await heard({ kind: 'ended', id })
  await logged(new RegExp(`^tls: id ${id} accept proto=TLSv1\\.3 cipher=\\S+ sni=mx\\.example cert=servercert\\.pem client=- ms=\\d+$`, 'm'))
})

test('what was said in clear before the handshake is never heard inside', async () => {
  const { id, client, inside } = await session('220 ready for tls\r\n')
  client.write('MAIL FROM:<injected@example>\r\n')
  const ended = untilClosed(inside)
  inside.resume()
  let text = ''
  inside.on('data', (data) => {
    text += String(data)
  })
  inside.on('end', () => inside.end())
  client.on('error', () => {}) // a reset is as good as an end
  await ended
  await heard({ kind: 'ended', id })
  assert.equal(text, '')
  await logged(new RegExp(`^tls: id ${id} fail reason=not_tls error=ERR_SSL_`, 'm'))
})

test('a certificate that goes takes the ability with it, and it comes back with the next', async () => {
  news.length = 0
  rmSync(home.at('control', 'servercert.pem'))
  await give({ kind: 'look' })
  await heard({ kind: 'able', isAble: false })
  layCertificate()
  await give({ kind: 'look' })
  await heard({ kind: 'able', isAble: true })
})

test('told to retire, it ends when its last session has', async () => {
  const { client, inside } = await session('')
  const tls = connect({ socket: client, rejectUnauthorized: false })
  inside.resume()
  await once(tls, 'secureConnect')
  await give({ kind: 'retire' })
  tls.write('still here\r\n')
  await readUntil(inside, (text) => text.includes('still here'))
  const exit = once(tlsd, 'exit')
  tls.destroy()
  inside.on('end', () => inside.end())
  assert.deepEqual(await exit, [0, null])
})
