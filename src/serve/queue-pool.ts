import type { Socket } from 'node:net'
import { Temporary } from '../core/failure.ts'
import { submitThroughSocket } from '../submit/socket.ts'
import type { Submission } from '../submit/submission.ts'

/** Connections kept while nobody needs them. */
const MAX_IDLE = 32

interface Waiter {
  resolve: (socket: Socket) => void
  reject: (error: Error) => void
}

/** What the pool asks of whoever can open connections. */
export interface QueueSource {
  /** Asks for one more: `add` or `refuse` will follow. */
  want: () => void
  /** An idle one was closed from the other end. */
  lost: () => void
}

/** Connections to the submission socket, each for one message at a time (docs/internals.md, Who can reach what). They are handed in: this process may not open any. */
export class QueuePool {
  readonly #source: QueueSource
  readonly #idle: Socket[] = []
  readonly #waiters: Waiter[] = []
  #isCut = false
  /** Was there a connection to be had when it was last asked for, and did none break since? */
  #isUp = false

  constructor(source: QueueSource) {
    this.#source = source
  }

  /** A way into the queue for one message. Rejects with Temporary when there is none. */
  open(): Submission | Promise<Submission> {
    const socket = this.#idle.pop()
    if (socket) return this.#submission(socket)
    if (this.#isCut) throw new Temporary('unable to reach the queue')
    return this.#wanted().then((handed) => this.#submission(handed))
  }

  /** Is there a way into the queue, as far as can be told? */
  isUp(): boolean | Promise<boolean> {
    if (this.#isUp || this.#idle.length > 0) return true
    if (this.#isCut) return false
    return this.#wanted().then(
      (socket) => {
        this.#release(socket)
        return true
      },
      () => false
    )
  }

  #wanted(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject })
      this.#source.want()
    })
  }

  /** Takes a fresh connection in. */
  add(socket: Socket): void {
    socket.on('error', () => {}) // 'close' follows
    socket.on('close', () => this.#closed(socket))
    socket.resume()
    this.#isUp = true
    this.#release(socket)
  }

  /** A connection asked for is not to be had: one who waits is told so. */
  refuse(): void {
    this.#isUp = false
    this.#waiters.shift()?.reject(new Temporary('unable to reach the queue'))
  }

  /** Nobody opens connections any more: what there is must do. */
  cut(): void {
    this.#isCut = true
    while (this.#waiters.length > 0) this.refuse()
  }

  #closed(socket: Socket): void {
    const at = this.#idle.indexOf(socket)
    if (at < 0) return
    this.#idle.splice(at, 1)
    this.#isUp = false
    this.#source.lost()
  }

  #release(socket: Socket): void {
    if (socket.destroyed) return
    const waiter = this.#waiters.shift()
    if (waiter) waiter.resolve(socket)
    else if (this.#idle.length < MAX_IDLE) this.#idle.push(socket)
    else socket.destroy()
  }

  #submission(socket: Socket): Submission {
    const submission = submitThroughSocket(socket)
    return {
      qp: submission.qp,
      write: (chunk) => submission.write(chunk),
      finish: async (sender, recipients, notes) => {
        const result = await submission.finish(sender, recipients, notes)
        this.#release(socket)
        return result
      },
      abort: () => submission.abort()
    }
  }
}
