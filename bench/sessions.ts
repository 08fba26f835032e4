/**
 * `node bench/sessions.ts`: 1,000 idle SMTP sessions and 100 busy ones at once, with clients among them that send a byte now and then and one that never reads,
 * against the installed, resident suite on 127.0.0.1. Prints failed sessions, messages a second, and the memory (PSS) of tcpserver and its workers.
 * Exit 1 when a session failed. No peer: Postfix's figure for a session is a process.
 */
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../test/helpers/free-port.ts'
import { DOMAIN, USERS } from './load.ts'
import { startQmail } from './qmail.ts'

const IDLE = Number(process.env.IDLE ?? 1000)
const BUSY = Number(process.env.BUSY ?? 100)
const MESSAGES_EACH = Number(process.env.MESSAGES ?? 20)
const SLOW = 20
/** Idle sessions are opened so many at a time: the listener's backlog is short, as it should be. */
const AT_A_TIME = 20
const PATIENCE_MILLISECONDS = 120_000
const say = (text: string): void => void process.stdout.write(`${text}\n`)

const failures: string[] = []

class Client {
  readonly socket: Socket
  #heard = ''
  #wake: () => void = () => {}
  #isOver = false

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.on('data', (data) => {
      this.#heard += data.toString('latin1')
      this.#wake()
    })
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      this.#isOver = true
      this.#wake()
    })
  }

  /** Waits for the last line of an answer with this code; false when something else comes, or nothing. */
  async expect(code: string): Promise<boolean> {
    const timer = setTimeout(() => this.socket.destroy(), PATIENCE_MILLISECONDS)
    while (!/^\d{3} .*\r\n$/m.test(this.#heard) && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    clearTimeout(timer)
    const isRight = this.#heard.startsWith(code)
    this.#heard = ''
    return isRight
  }

  async ask(text: string, code: string): Promise<boolean> {
    this.socket.write(text)
    return this.expect(code)
  }
}

const check = (isRight: boolean, what: string): boolean => {
  if (!isRight) failures.push(what)
  return isRight
}

const openIdle = async (port: number): Promise<Client[]> => {
  const clients: Client[] = []
  for (let n = 0; n < IDLE; n += AT_A_TIME) {
    const batch = Array.from({ length: Math.min(AT_A_TIME, IDLE - n) }, () => new Client(port))
    for (const isRight of await Promise.all(batch.map(async (c) => (await c.expect('220')) && (await c.ask('EHLO idle.example\r\n', '250')))))
      check(isRight, 'idle: greeting')
    clients.push(...batch)
  }
  return clients
}

const body = `Subject: bench\r\n\r\n${'0123456789abcdef'.repeat(4)}\r\n`.repeat(40)
const beBusy = async (port: number, n: number): Promise<void> => {
  const c = new Client(port)
  if (!check(await c.expect('220'), 'busy: greeting')) return
  for (let m = 0; m < MESSAGES_EACH; m++) {
    const isSent =
      (await c.ask(`MAIL FROM:<b@${DOMAIN}>\r\n`, '250')) &&
      (await c.ask(`RCPT TO:<${USERS[n % USERS.length]}@${DOMAIN}>\r\n`, '250')) &&
      (await c.ask('DATA\r\n', '354')) &&
      (await c.ask(`${body}.\r\n`, '250'))
    if (!check(isSent, 'busy: message')) return
  }
  check(await c.ask('QUIT\r\n', '221'), 'busy: QUIT')
  c.socket.destroy()
}

/** Clients that are no help: a byte now and then, within a command or a message; and one that never reads. */
const slowLoris = (port: number): (() => void) => {
  const sockets = Array.from({ length: SLOW }, (_, n) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    if (n % 2) socket.write(`MAIL FROM:<a@${DOMAIN}>\r\nRCPT TO:<b0@${DOMAIN}>\r\nDATA\r\n`)
    return socket
  })
  const timer = setInterval(() => {
    for (const socket of sockets) if (!socket.destroyed) socket.write('x')
  }, 50)
  const deaf = connect(port, '127.0.0.1')
  deaf.on('error', () => {})
  deaf.pause()
  deaf.write('HELP\r\n'.repeat(100_000))
  return () => {
    clearInterval(timer)
    for (const socket of [...sockets, deaf]) socket.destroy()
  }
}

const qmail = await startQmail(await freePort(), IDLE + BUSY + SLOW + 100)
try {
  const ours = (): string => {
    const list = qmail.pss().filter(({ name }) => name === 'tcpserver' || name === 'qmail-smtpd')
    return `${(list.reduce((sum, p) => sum + p.kilobytes, 0) / 1000).toFixed(0)} MB PSS (${list.map((p) => `${p.name} ${(p.kilobytes / 1000).toFixed(0)}`).join(', ')})`
  }
  const idle = await openIdle(qmail.port)
  say(`${idle.length} idle sessions: ${ours()}`)
  const stopSlow = slowLoris(qmail.port)
  await delay(500)
  const started = performance.now()
  await Promise.all(Array.from({ length: BUSY }, (_, n) => beBusy(qmail.port, n)))
  const seconds = (performance.now() - started) / 1000
  say(`${BUSY} busy sessions beside them, ${SLOW + 1} slow ones among them: ${((BUSY * MESSAGES_EACH) / seconds).toFixed(0)} messages a second; ${ours()}`)
  for (const isRight of await Promise.all(idle.map((c) => c.ask('NOOP\r\n', '250')))) check(isRight, 'idle: NOOP')
  stopSlow()
  for (const c of idle) c.socket.destroy()
  say(`failed sessions: ${failures.length}${failures.length > 0 ? ` (${[...new Set(failures)].join(', ')})` : ''}`)
} finally {
  await qmail.stop()
}
process.exitCode = failures.length > 0 ? 1 : 0
