import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import { Exit } from '../core/exit.ts'
import { reason } from '../core/failure.ts'
import { logLine } from '../core/logline.ts'
import type { Ids } from '../os/child.ts'
import { isRoot, suiteGroup, suiteUser } from '../os/ids.ts'
import { identity, isOwn } from '../os/own.ts'
import { stopReading } from '../os/stop-reading.ts'
import { programFile, startResident } from '../spawn/own-program.ts'
import type { FromTlsd, ToTlsd } from '../spawn/tls-handover.ts'
import { InFlight } from './in-flight.ts'

const PROGRAM = 'qmail-tlsd'
/** Who served for so long is started again at once. */
const GOOD_MILLISECONDS = 1000
const MAX_REST_MILLISECONDS = 60_000

/** The channel to tcpserver. */
export interface KeeperChannel {
  send: (message: FromTlsd) => void
  onMessage: (listener: (message: ToTlsd, socket: Socket | undefined) => void) => void
  onClose: (listener: () => void) => void
}

export const keeperChannel = (): KeeperChannel => ({
  send: (message) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => {}) // who has gone needs no news
  },
  onMessage: (listener) => void process.on('message', (message, socket) => listener(message as ToTlsd, socket as Socket | undefined)),
  onClose: (listener) => void process.on('disconnect', listener)
})

/** One qmail-tlsd, and the sessions it has. */
interface Kept {
  child: ChildProcess
  identity: string | undefined
  started: number
  sessions: Set<number>
  inFlight: InFlight
}

/** Who qmail-tlsd runs as; undefined: as we do. Throws Temporary. */
const idsOf = (home: string): Ids | undefined => (isRoot() ? { uid: suiteUser(home, 'qmailt').uid, gid: suiteGroup(home, 'nofiles') } : undefined)

/** Passes it on. */
const pass = (kept: Kept, message: ToTlsd, socket?: Socket): void => kept.inFlight.send(kept.child, message, socket)

/**
 * tcpserver's second gear: it stays root when tcpserver does not, so that qmail-tlsd has a parent that can start it again, as its own user. It passes on what
 * the two say to each other, and looks at nothing.
 */
export class TlsKeeper {
  readonly #home: string
  readonly #channel: KeeperChannel
  #current: Kept | undefined
  readonly #retiring = new Set<Kept>()
  #restMilliseconds = 0
  #isStopped = false
  #resolve: (exit: number) => void = () => {}

  constructor(home: string, channel: KeeperChannel) {
    this.#home = home
    this.#channel = channel
  }

  /** Resolves with the exit code when tcpserver is gone. Sessions go on without us. */
  run(): Promise<number> {
    this.#channel.onMessage(this.#onMessage)
    this.#channel.onClose(() => this.#stop())
    this.#start()
    return new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  readonly #onMessage = (message: ToTlsd, socket: Socket | undefined): void => {
    if (socket) stopReading(socket)
    if (message.kind === 'plain') this.#begin(message, socket)
    else if (message.kind === 'tls') this.#hand(message, socket)
    else if (message.kind === 'look' && this.#current) pass(this.#current, { kind: 'look' })
  }

  #begin(message: ToTlsd & { kind: 'plain' }, socket: Socket | undefined): void {
    if (this.#current && identity(programFile(this.#home, PROGRAM)) !== this.#current.identity) this.#replace()
    this.#current?.sessions.add(message.id)
    if (this.#current) pass(this.#current, message, socket)
    else socket?.destroy()
  }

  #hand(message: ToTlsd & { kind: 'tls' }, socket: Socket | undefined): void {
    const kept = [this.#current, ...this.#retiring].find((one) => one?.sessions.has(message.id))
    if (kept) pass(kept, message, socket)
    else {
      socket?.destroy()
      this.#channel.send({ kind: 'ended', id: message.id })
    }
  }

  /** Its program is another now: the next one takes the sessions to come. */
  #replace(): void {
    if (!this.#current) return
    this.#retiring.add(this.#current)
    pass(this.#current, { kind: 'retire' })
    this.#current = undefined
    this.#start()
  }

  #start(): void {
    if (this.#isStopped || this.#current) return
    const file = programFile(this.#home, PROGRAM)
    try {
      if (!isOwn(file, PROGRAM)) throw new Error(`${file} is not this suite's`)
      const child = startResident(this.#home, PROGRAM, { stdio: ['ignore', 'ignore', 2, 'ipc'], env: {}, ids: idsOf(this.#home), cwd: '/' })
      const kept: Kept = { child, identity: identity(file), started: performance.now(), sessions: new Set(), inFlight: new InFlight() }
      this.#current = kept
      child.on('message', (message: FromTlsd) => this.#onNews(kept, message))
      child.on('error', () => this.#onGone(kept, 'an error'))
      child.on('exit', (code, signal) => this.#onGone(kept, String(signal ?? code)))
    } catch (error) {
      logLine(2, `tcpserver: warning: no TLS: ${reason(error)}`)
      this.#startLater()
    }
  }

  #onNews(kept: Kept, message: FromTlsd): void {
    if (message.kind === 'able' && kept !== this.#current) return
    if (message.kind === 'ended') kept.sessions.delete(message.id)
    this.#channel.send(message)
  }

  #onGone(kept: Kept, how: string): void {
    kept.inFlight.dropAll()
    if (kept === this.#current) {
      this.#current = undefined
      this.#channel.send({ kind: 'able', isAble: false })
      if (performance.now() - kept.started > GOOD_MILLISECONDS) this.#restMilliseconds = 0
      if (!this.#isStopped)
        logLine(
          2,
          `tcpserver: warning: qmail-tlsd ended with ${how}, ${kept.sessions.size} sessions lost; it is started again in ${this.#restMilliseconds / 1000} s`
        )
      this.#startLater()
    } else if (!this.#retiring.delete(kept)) return
    for (const id of kept.sessions) this.#channel.send({ kind: 'ended', id })
    kept.sessions.clear()
    this.#resolveWhenStopped()
  }

  #startLater(): void {
    setTimeout(() => this.#start(), this.#restMilliseconds)
    this.#restMilliseconds = Math.min(Math.max(this.#restMilliseconds * 2, 1000), MAX_REST_MILLISECONDS)
  }

  /** tcpserver is gone: what it said before is passed on, then our end of the channel tells qmail-tlsd to serve what it has and end. */
  #stop(): void {
    this.#isStopped = true
    for (const one of [this.#current, ...this.#retiring]) if (one?.child.connected) one.child.disconnect()
    for (const one of [this.#current, ...this.#retiring]) one?.child.once('disconnect', () => this.#resolveWhenStopped())
    this.#resolveWhenStopped()
  }

  #resolveWhenStopped(): void {
    if (this.#isStopped && ![this.#current, ...this.#retiring].some((one) => one?.child.connected)) this.#resolve(Exit.ok)
  }
}
