import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect as connectPlain, type Socket } from 'node:net'
import { test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { selfSigned } from '../helpers/certificate.ts'
import { makeHome } from '../helpers/home.ts'
import { childrenOf } from '../helpers/proc.ts'
import { startQueued, startSmtpd, until } from '../helpers/suite.ts'
import { layCertificate } from '../helpers/tls.ts'
import { PATIENT } from '../helpers/wait.ts'

const home = makeHome()
layCertificate(home, selfSigned(['old.example']))
await startQueued(home)
const { port, daemon } = await startSmtpd(home, ['-w', '2', '-c', '200'])
const BATCH = 40
/** Two are promised on a machine that has nothing else to do; this is for one that has. */
const BACK_SECONDS = 60

/** Says lines, each after the reply to the one before; rejects when a reply is not 2xx or 3xx, or the connection ends. */
const converse = async (socket: Socket, lines: readonly string[], isGreeted: boolean): Promise<void> => {
  let [held, left] = ['', [...lines]]
  if (!isGreeted) socket.write(left.shift() ?? '')
  await new Promise<void>((resolve, reject) => {
    const fail = (): void => reject(new Error(`the connection ended after ${JSON.stringify(held)}`))
    const take = (data: Buffer): void => {
      held += data.toString('latin1')
      const code = /(?:^|\n)(\d)\d\d [^\n]*\r\n$/.exec(held)?.[1]
      if (code === undefined) return
      if (code > '3') reject(new Error(held))
      held = ''
      const line = left.shift()
      if (line !== undefined) socket.write(line)
      else {
        for (const event of ['error', 'close', 'end']) socket.off(event, fail)
        socket.off('data', take)
        resolve()
      }
    }
    for (const event of ['error', 'close', 'end']) socket.on(event, fail)
    socket.on('data', take)
  }).finally(() => {
    left = []
    socket.on('error', () => {})
  })
}
const mail = (subject: string): string[] => ['EHLO x\r\n', 'MAIL FROM:<a@b>\r\n', 'RCPT TO:<c@d>\r\n', 'DATA\r\n', `Subject: ${subject}\r\n\r\n.\r\n`]

/** One message in clear. */
const sendClear = async (subject: string): Promise<void> => {
  const socket = connectPlain({ port, host: '127.0.0.1' })
  await converse(socket, mail(subject), true).finally(() => socket.destroy())
}

/** One message over STARTTLS; the name in the certificate that was shown. */
const sendSecured = async (subject: string): Promise<string> => {
  const socket = connectPlain({ port, host: '127.0.0.1' })
  let tls: TLSSocket | undefined
  try {
    await converse(socket, ['EHLO x\r\n', 'STARTTLS\r\n'], true)
    tls = connect({ socket, rejectUnauthorized: false })
    await once(tls, 'secureConnect')
    await converse(tls, mail(subject), false)
    return String(tls.getPeerCertificate().subject.CN)
  } finally {
    tls?.destroy()
    socket.destroy()
  }
}

/** Sends, several at a time and one after the other, until `stop`; what came of it so far. */
const load = (name: string, sessions: number, send: (subject: string) => Promise<unknown>) => {
  const run = { done: [] as { subject: string; result: unknown }[], failures: [] as string[], isStopped: false, stop: async (): Promise<void> => {} }
  const loop = async (n: number): Promise<void> => {
    for (let i = 0; !run.isStopped; i++) {
      const subject = `${name}-${n}-${i}`
      await send(subject).then(
        (result) => run.done.push({ subject, result }),
        (error: Error) => run.failures.push(`${subject}: ${error.message}`)
      )
    }
  }
  const loops = Promise.all(Array.from({ length: sessions }, (_, n) => loop(n)))
  run.stop = async () => {
    run.isStopped = true
    await loops
  }
  return run
}

const queued = (): Set<string | undefined> =>
  new Set(
    readdirSync(home.at('queue', 'todo')).map(
      (id) => /^Subject: (.*)$/m.exec(readFileSync(home.at('queue', 'mess', String(Number(id) % 23), id), 'latin1'))?.[1]
    )
  )

test('a certificate replaced under load: no session fails, and new ones have the new one', PATIENT, async () => {
  const run = load('replaced', 20, sendSecured)
  const shown = (name: string): number => run.done.filter(({ result }) => result === name).length
  await until('sessions with the old certificate', () => shown('old.example') >= BATCH)
  layCertificate(home, selfSigned(['new.example']))
  await until('sessions with the new certificate', () => shown('new.example') >= BATCH)
  await run.stop()
  assert.deepEqual(run.failures, [])
  const first = run.done.findIndex(({ result }) => result === 'new.example')
  const late = run.done.slice(first + BATCH).filter(({ result }) => result === 'old.example')
  assert.deepEqual(late, [], 'once the new one is there, the old one is not shown any more')
})

test('qmail-tlsd killed under load: only sessions inside TLS end, nothing that was acknowledged is lost, and it is back', PATIENT, async (t) => {
  const [secured, clear] = [load('secured', 12, sendSecured), load('clear', 4, sendClear)]
  await until('some of both', () => secured.done.length >= BATCH && clear.done.length >= BATCH)
  const tlsd = childrenOf(daemon.child.pid)
    .flatMap(childrenOf)
    .find((pid) => readFileSync(`/proc/${pid}/comm`, 'latin1') === 'qmail-tlsd\n')
  assert.ok(tlsd)
  process.kill(tlsd, 'SIGKILL')
  const killed = performance.now()
  await until('its end to be noticed', () => /qmail-tlsd ended with SIGKILL/.test(daemon.log()))
  const [before, beforeClear] = [secured.done.length, clear.done.length]
  await until('the first session inside the next one', () => secured.done.length > before, BACK_SECONDS)
  t.diagnostic(`back within ${Math.round(performance.now() - killed)} ms`)
  await until('TLS to be back', () => secured.done.length >= before + BATCH && clear.done.length >= beforeClear + BATCH)
  await Promise.all([secured.stop(), clear.stop()])
  assert.deepEqual(clear.failures, [])
  const there = queued()
  const acknowledged = [...secured.done, ...clear.done].map(({ subject }) => subject)
  assert.deepEqual(
    acknowledged.filter((subject) => !there.has(subject)),
    []
  )
  await until('all sessions to end', () => /status: 0\/200\n$/.test(daemon.log()))
})
