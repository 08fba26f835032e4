import type { Socket } from 'node:net'
import { Exit } from '../core/exit.ts'
import type { Env } from '../core/run.ts'
import { type DoorName, type FromWorker, SESSION, type ToWorker } from '../spawn/handover.ts'
import type { Submission } from '../submit/submission.ts'
import { QueuePool } from './queue-pool.ts'
import { TlsHand } from './tls-hand.ts'

const REPORT_MILLISECONDS = 5
/** The status of a session whose connection was closed on its way here. */
const LOST = 1

/** The channel to the parent. */
export interface ParentChannel {
  send: (message: FromWorker, socket?: Socket) => void
  onMessage: (listener: (message: ToWorker, socket: Socket | undefined) => void) => void
  onClose: (listener: () => void) => void
}

/** This process's own channel to the parent that keeps it resident. */
export const parentChannel = (): ParentChannel => ({
  send: (message, socket) => {
    // a parent that has gone needs no reports
    if (process.connected) process.send?.(message, socket, { keepOpen: true }, () => socket?.destroy())
    else socket?.destroy()
  },
  onMessage: (listener) => void process.on('message', (message, socket) => listener(message as ToWorker, socket as Socket | undefined)),
  onClose: (listener) => void process.on('disconnect', listener)
})

/** Serves one connection to its end; resolves with the exit code the program would have, and never fails. `open`: the way into the queue. */
export type Serve = (socket: Socket, env: Env, open: () => Submission | Promise<Submission>) => Promise<number>

/**
 * A server's second gear (docs/internals.md, Two gears), whatever protocol it speaks: serves every connection the parent hands over, until it retires us or is gone
 * itself. `run` resolves with the exit code.
 */
export class Worker {
  readonly #channel: ParentChannel
  readonly #serveOne: Serve
  readonly #queue: QueuePool
  /** How sessions turn to TLS. */
  readonly tls: TlsHand
  /** Who waits for a connection to a helper, by its name. */
  readonly #doors = new Map<DoorName, ((socket: Socket | undefined) => void)[]>()
  #active = 0
  #ended: [number, number][] = []
  #isRetiring = false
  #resolve: (exit: number) => void = () => {}

  constructor(channel: ParentChannel, serve: Serve) {
    this.#channel = channel
    this.#serveOne = serve
    this.tls = new TlsHand(channel.send)
    this.#queue = new QueuePool({ want: () => channel.send({ kind: 'wantQueue' }), lost: () => channel.send({ kind: 'lostQueue' }) })
  }

  run(): Promise<number> {
    this.#channel.onMessage(this.#onMessage)
    this.#channel.onClose(() => {
      this.#queue.cut()
      this.tls.cut()
      for (const waiting of this.#doors.values()) for (const resolve of waiting.splice(0)) resolve(undefined)
      this.#retire()
    })
    return new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  /** A connection to a helper, opened by the parent; undefined: there is none now, or no parent. */
  openDoor(name: DoorName): Promise<Socket | undefined> {
    return new Promise((resolve) => {
      const waiting = this.#doors.get(name) ?? []
      this.#doors.set(name, [...waiting, resolve])
      this.#channel.send({ kind: 'wantDoor', name })
    })
  }

  readonly #onMessage = (message: ToWorker, socket: Socket | undefined): void => {
    if (message.kind === 'client') this.#serve(message.id, message.env, socket)
    else if (message.kind === 'retire') this.#retire()
    else if (message.kind === 'queue' && socket) this.#queue.add(socket)
    else if (message.kind === 'door') this.#doors.get(message.name)?.shift()?.(socket)
    else if (!this.tls.hear(message, socket)) this.#queue.refuse()
  }

  #serve(id: number, env: Record<string, string>, socket: Socket | undefined): void {
    this.#active++
    if (socket) socket.allowHalfOpen = true // who says no more may still be listening
    const served = socket ? this.#serveOne(socket, { ...env, [SESSION]: String(id) }, () => this.#queue.open()) : Promise.resolve(LOST)
    void served.then((exit) => this.#end(id, exit))
  }

  /** Reports are gathered for a moment: under load, one message tells of many. */
  #end(id: number, exit: number): void {
    this.#active--
    if (this.#ended.length === 0) setTimeout(this.#report, REPORT_MILLISECONDS)
    this.#ended.push([id, exit])
  }

  readonly #report = (): void => {
    this.#channel.send({ kind: 'ended', sessions: this.#ended })
    this.#ended = []
    if (this.#isRetiring) this.#retire()
  }

  #retire(): void {
    this.#isRetiring = true
    if (this.#active === 0 && this.#ended.length === 0) this.#resolve(Exit.ok)
  }
}
