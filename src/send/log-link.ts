import { connect, type Socket } from 'node:net'
import { FrameParser, packFrame, type ToQueued, type ToSend } from '../log/wire.ts'

const CONNECT_AGAIN_MILLISECONDS = 20

type Arrival = Extract<ToSend, { kind: 'new' }>
/** How asking for a message to become files ended; see ToSend. */
export type SpillAnswer = 'spilled' | 'unspilled' | 'moved'

/**
 * The connection to qmail-queued, which keeps the commit log (src/log/wire.ts). What is said goes out when the turn is over; what is
 * heard waits until the loop takes it.
 */
export class LogLink {
  readonly #wake: () => void
  #socket: Socket | undefined
  readonly #parser = new FrameParser<ToSend>()
  #said: Buffer[] = []
  #arrivals: Arrival[] = []
  readonly #spills = new Map<number, (answer: SpillAnswer) => void>()
  /** qmail-queued has gone, without our consent. */
  isLost = false
  /** qmail-queued is about to leave: everything is to become files. */
  isClosing = false
  #isOver = false

  /** `wake` is called whenever there is something to take. */
  constructor(wake: () => void) {
    this.#wake = wake
  }

  /** Connects, however long qmail-queued takes to start; resolves when all that an earlier run left in the log is in the queue. */
  connect(path: string): Promise<void> {
    return new Promise((resolve) => {
      const attempt = (): void => {
        const socket = connect({ path })
        socket.once('error', () => setTimeout(attempt, CONNECT_AGAIN_MILLISECONDS))
        socket.once('connect', () => this.#connected(socket, resolve))
      }
      attempt()
    })
  }

  /** Is an answer still to come? */
  get isBusy(): boolean {
    return this.#spills.size > 0
  }

  /** The messages that have come into the log. */
  take(): Arrival[] {
    const arrivals = this.#arrivals
    this.#arrivals = []
    return arrivals
  }

  /** A message is delivered to all. */
  done(number: number): void {
    this.#say({ kind: 'done', number })
  }

  /** Has a message become files; `then` hears how that went, unless the connection is lost. */
  spill(number: number, then: (answer: SpillAnswer) => void): void {
    if (this.#isOver) return
    this.#spills.set(number, then)
    this.#say({ kind: 'spill', number })
  }

  /** Sends what was said since the last time. */
  flush(): void {
    if (this.#said.length === 0) return
    if (!this.#isOver) this.#socket?.write(Buffer.concat(this.#said))
    this.#said = []
  }

  /** Lets qmail-queued go. */
  end(): void {
    if (this.#isOver) return
    this.flush()
    this.#isOver = true
    this.#socket?.end()
  }

  #say(frame: ToQueued): void {
    this.#said.push(packFrame(frame))
  }

  #connected(socket: Socket, ready: () => void): void {
    this.#socket = socket
    socket.removeAllListeners('error')
    socket.on('error', () => {}) // 'close' follows
    socket.on('data', (chunk: Buffer) => {
      for (const frame of this.#parser.push(chunk)) {
        if (frame.kind === 'ready') ready()
        else this.#hear(frame)
      }
      this.#wake()
    })
    socket.on('close', () => {
      if (!this.#isOver) this.isLost = true
      this.#isOver = true
      this.#spills.clear()
      ready()
      this.#wake()
    })
  }

  #hear(frame: ToSend): void {
    if (frame.kind === 'new') this.#arrivals.push(frame)
    else if (frame.kind === 'closing') this.isClosing = true
    else if (frame.kind !== 'ready') {
      const then = this.#spills.get(frame.number)
      this.#spills.delete(frame.number)
      then?.(frame.kind)
    }
  }
}
