import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { TcpserverLog } from '../accept/log.ts'
import type { Bytes } from '../core/bytes.ts'
import { reason } from '../core/failure.ts'
import { startResident } from '../spawn/own-program.ts'
import type { FromTlsd, ToTlsd } from '../spawn/tls-handover.ts'
import { InFlight } from './in-flight.ts'
import { type SocketPair, SocketPairs } from './socket-pair.ts'

/** qmail-tlsd serves so many sessions at a time; each has three descriptors there. */
const MAX_SESSIONS = 4000

/** What is known of a handshake that was done (spec modern.md 1.6). */
export type TlsVariables = [name: string, value: Bytes][]

/** What came of asking for TLS for a connection; `id`: what qmail-tlsd calls it. */
export type Securing =
  /** The plain side, nothing read from it, and what is known of the handshake. */
  | { kind: 'secured'; id: number; plain: Socket; variables: TlsVariables }
  /** There is no TLS now; the connection is as it was. */
  | { kind: 'clear' }
  /** The handshake failed; the connection is closed. */
  | { kind: 'failed'; id: number }

/** tcpserver's way to qmail-tlsd (spec modern.md 1.2): gives it connections, and gets what it decrypts. */
export class TlsDoor {
  /** Called whenever `isAble` may be another. */
  onChange: () => void = () => {}
  readonly #keeper: ChildProcess
  readonly #inFlight = new InFlight()
  readonly #pairs: SocketPairs
  readonly #log: TcpserverLog
  readonly #waiting = new Map<number, (variables: TlsVariables | undefined) => void>()
  readonly #ready: Promise<void>
  #isReady: () => void = () => {}
  #active = 0
  #hasCertificate = false
  #lastId = 0

  /** Starts the parent of qmail-tlsd; to be made before the process gives its privileges up. */
  constructor(home: string, log: TcpserverLog) {
    this.#log = log
    this.#ready = new Promise((resolve) => {
      this.#isReady = resolve
    })
    this.#pairs = new SocketPairs(join(home, 'run', 'smtpd', `tls.${process.pid}`))
    this.#keeper = startResident(home, 'tcpserver', { stdio: ['ignore', 'ignore', 2, 'ipc'], env: {}, cwd: '/' })
    this.#keeper.on('message', (message: FromTlsd) => this.#hear(message))
    this.#keeper.on('error', (error) => this.#onGone(reason(error)))
    this.#keeper.on('exit', (code, signal) => this.#onGone(String(signal ?? code)))
  }

  /** Can a connection turn to TLS now? */
  get isAble(): boolean {
    return this.#hasCertificate && this.#active < MAX_SESSIONS
  }

  /** Resolves when qmail-tlsd has said for the first time whether it is able, or cannot be had; in any case after so many milliseconds. */
  whenKnown(milliseconds: number): Promise<void> {
    setTimeout(this.#isReady, milliseconds).unref()
    return this.#ready
  }

  /** Certificates are looked at before the next handshake. */
  look(): void {
    this.#send({ kind: 'look' })
  }

  /** Removes what is there by name. */
  close(): void {
    this.#pairs.close()
  }

  /** A connected pair of sockets; undefined, with a warning, when there is none to be had, or no TLS. */
  async pair(): Promise<SocketPair | undefined> {
    if (!this.isAble) return undefined
    try {
      return await this.#pairs.make()
    } catch (error) {
      this.#log.warn(`no TLS: ${reason(error)}`)
      return undefined
    }
  }

  /**
   * Leads a connection, which nobody reads, into TLS; what is said inside comes and goes through the other end of `far`. `ready` is said to the client in
   * clear first, by qmail-tlsd, so that what follows STARTTLS is heard by nobody but the TLS engine. Undefined, at once: no TLS now, and both are still the
   * caller's. `variables`: undefined: the handshake failed, and both are closed. Never fails.
   */
  lead(raw: Socket, far: Socket, ready: Bytes): { id: number; variables: Promise<TlsVariables | undefined> } | undefined {
    if (!this.isAble) return undefined
    const id = ++this.#lastId
    this.#active++
    const variables = new Promise<TlsVariables | undefined>((resolve) => {
      this.#waiting.set(id, resolve)
      this.#send({ kind: 'plain', id }, far)
      this.#send({ kind: 'tls', id, ready }, raw)
    })
    return { id, variables }
  }

  /** The same with a pair made for it. `onStart` hears the number as soon as there is one. */
  async secure(raw: Socket, ready: Bytes, onStart: (id: number) => void = () => {}): Promise<Securing> {
    const pair = await this.pair()
    if (!pair) return { kind: 'clear' }
    const [near, far] = pair
    const led = this.lead(raw, far, ready)
    if (led) onStart(led.id)
    const variables = await led?.variables
    if (led && variables) return { kind: 'secured', id: led.id, plain: near, variables }
    near.destroy()
    if (led) return { kind: 'failed', id: led.id }
    far.destroy()
    return { kind: 'clear' }
  }

  #send(message: ToTlsd, socket?: Socket): void {
    this.#inFlight.send(this.#keeper, message, socket)
  }

  #hear(message: FromTlsd): void {
    if (message.kind === 'able') {
      this.#hasCertificate = message.isAble
      this.#isReady()
    } else if (message.kind === 'secured') this.#settle(message.id, message.variables)
    else {
      this.#active--
      this.#settle(message.id, undefined)
    }
    this.onChange()
  }

  #settle(id: number, variables: TlsVariables | undefined): void {
    this.#waiting.get(id)?.(variables)
    this.#waiting.delete(id)
  }

  #onGone(how: string): void {
    this.#inFlight.dropAll()
    if (this.#hasCertificate) this.#log.warn(`no TLS from now on: the parent of qmail-tlsd ended with ${how}; restart tcpserver`)
    this.#hasCertificate = false
    this.#isReady()
    for (const id of [...this.#waiting.keys()]) this.#settle(id, undefined)
    this.onChange()
  }
}
