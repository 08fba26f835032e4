import type { Socket } from 'node:net'
import { Exit } from '../core/exit.ts'
import type { Env } from '../core/run.ts'
import { collectAtLeisure } from '../os/leisure.ts'
import { type DoorName, type DoorOptions, type FromWorker, type Numbers, SESSION, type ToWorker } from '../spawn/handover.ts'
import type { Submission } from '../submit/submission.ts'
import { Acceptor } from './acceptor.ts'
import { giveUpNetwork } from './network.ts'
import { QueuePool } from './queue-pool.ts'
import { Reports } from './reports.ts'
import { TlsHand } from './tls-hand.ts'

/** The status of a session whose connection was closed on its way here. */
const LOST = 1

/** The channel to the parent. */
export interface ParentChannel {
  send: (message: FromWorker, socket?: Socket) => void
  onMessage: (listener: (message: ToWorker, socket: Socket | undefined) => void) => void
  onClose: (listener: () => void) => void
  /** Resolves when all that was sent is on its way, or nobody is there to get it. */
  sent: () => Promise<void>
}

/** This process's own channel to the parent that keeps it resident. */
export const parentChannel = (): ParentChannel => {
  let last = Promise.resolve()
  return {
    send: (message, socket) => {
      last = new Promise((resolve) => {
        const done = (): void => {
          socket?.destroy()
          resolve()
        }
        // a parent that has gone needs no reports
        if (process.connected) process.send?.(message, socket, { keepOpen: true }, done)
        else done()
      })
    },
    onMessage: (listener) => void process.on('message', (message, socket) => listener(message as ToWorker, socket as Socket | undefined)),
    onClose: (listener) => void process.on('disconnect', listener),
    sent: () => Promise.race([last, new Promise<void>((resolve) => (process.connected ? process.once('disconnect', resolve) : resolve()))])
  }
}

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
  readonly #reports: Reports
  #acceptor: Acceptor | undefined
  #active = 0
  #isRetiring = false
  #resolve: (exit: number) => void = () => {}

  constructor(channel: ParentChannel, serve: Serve) {
    this.#channel = channel
    this.#serveOne = serve
    this.#reports = new Reports(channel.send)
    this.#reports.onTold = () => this.#endIfDone()
    this.tls = new TlsHand(channel.send)
    this.#queue = new QueuePool({ want: () => channel.send({ kind: 'wantQueue' }), lost: () => channel.send({ kind: 'lostQueue' }) })
  }

  run(): Promise<number> {
    collectAtLeisure()
    this.#channel.onMessage(this.#onMessage)
    this.#channel.onClose(() => {
      this.#acceptor?.cut()
      this.#queue.cut()
      this.tls.cut()
      for (const waiting of this.#doors.values()) for (const resolve of waiting.splice(0)) resolve(undefined)
      this.#retire()
    })
    return new Promise<number>((resolve) => {
      this.#resolve = resolve
    }).then((exit) => this.#channel.sent().then(() => exit))
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
    const { kind } = message
    if (kind === 'client') this.#serveHanded(message.id, message.env, socket)
    else if (kind === 'retire') this.#retire()
    else if (kind === 'queue' && socket) this.#queue.add(socket)
    else if (kind === 'door') this.#doors.get(message.name)?.shift()?.(socket)
    else if (kind === 'begin') this.#begin(message.door, message.slots, message.numbers)
    else if (kind === 'slots') this.#acceptor?.more(message.more)
    else if (kind === 'numbers') this.#acceptor?.add(message.numbers)
    else if (kind === 'decision') this.#acceptor?.decided(message.id, message.decision, message.trouble)
    else if (!this.tls.hear(message, socket)) this.#queue.refuse()
  }

  /** To listen is the last thing for which the network may be used; from now on connections are given, or accepted. */
  #begin(door: DoorOptions | undefined, slots: number, numbers: Numbers): void {
    if (door) {
      this.#acceptor = new Acceptor(door, slots, numbers, {
        reports: this.#reports,
        isQueueUp: () => this.#queue.isUp(),
        serve: (socket, env, number) => this.#serve(socket, env, number)
      })
    }
    giveUpNetwork()
  }

  #serveHanded(id: number, env: Env, socket: Socket | undefined): void {
    if (!socket) {
      this.#reports.tell(['end', id, LOST])
      return
    }
    socket.allowHalfOpen = true // who says no more may still be listening
    void this.#serve(socket, env, id).then((exit) => this.#reports.tell(['end', id, exit]))
  }

  async #serve(socket: Socket, env: Env, id: number): Promise<number> {
    this.#active++
    const exit = await this.#serveOne(socket, { ...env, [SESSION]: String(id) }, () => this.#queue.open())
    this.#active--
    return exit
  }

  #retire(): void {
    this.#isRetiring = true
    this.#acceptor?.stop()
    this.#endIfDone()
  }

  /** The parent is told of every end before ours. */
  #endIfDone(): void {
    if (this.#isRetiring && this.#active === 0 && !this.#acceptor?.isBusy && !this.#reports.isPending) this.#resolve(Exit.ok)
  }
}
