import type { Socket } from 'node:net'
import { Permanent } from '../core/failure.ts'
import { netstring } from '../core/netstring.ts'
import { Intake, type Queue } from './intake.ts'
import { type NetstringReader, NetstringStream } from './netstring.ts'

/** Whose messages come through a socket: the account that alone can enter its folder. */
export interface Sender {
  uid: number
  who: string
}

/**
 * One connection to a submission socket (docs/internals.md, Who can reach what): messages one after another, each as netstrings ended by an empty one, then its
 * envelope as one netstring; the answer is the netstring `CODE QP`. While a message is being committed the next one waits.
 */
export class QueuedSession implements NetstringReader {
  readonly #socket: Socket
  readonly #queue: Queue
  readonly #sender: Sender
  readonly #stream: NetstringStream
  #intake: Intake | undefined
  #isEnvelope = false
  #isCommitting = false
  #isStopping = false
  #held: Buffer[] = []

  constructor(socket: Socket, queue: Queue, sender: Sender) {
    this.#socket = socket
    this.#queue = queue
    this.#sender = sender
    this.#stream = new NetstringStream(this)
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('end', () => this.#lost())
    socket.on('close', () => this.#lost())
    socket.on('error', () => {}) // 'close' follows
  }

  /** Ends the connection: at once, or after the answer to a message whose envelope is complete. */
  stop(): void {
    this.#isStopping = true
    if (!this.#isCommitting) this.#socket.destroy()
  }

  piece(bytes: Buffer): void {
    const intake = this.#current()
    if (this.#isEnvelope) intake.envelope(bytes)
    else intake.message(bytes)
  }

  end(length: number): boolean {
    if (this.#isEnvelope) {
      this.#isCommitting = true
      void this.#commit(this.#current())
      return false
    }
    if (length === 0) {
      this.#current().endMessage()
      this.#isEnvelope = true
    }
    return true
  }

  #current(): Intake {
    this.#intake ??= new Intake(this.#queue, { ...this.#sender, qp: undefined, startMs: Date.now() })
    return this.#intake
  }

  #take(chunk: Buffer): void {
    if (this.#isCommitting) {
      this.#held.push(chunk)
      this.#socket.pause()
      return
    }
    try {
      const rest = this.#stream.push(chunk)
      if (rest) this.#held.push(rest)
    } catch (error) {
      this.#socket.destroy()
      if (!(error instanceof Permanent)) throw error // Permanent: not our protocol
    }
  }

  async #commit(intake: Intake): Promise<void> {
    const { code, qp, why } = await intake.finish()
    if (why !== undefined) this.#queue.trouble(why)
    this.#intake = undefined
    this.#isEnvelope = false
    this.#isCommitting = false
    this.#answer(`${code} ${qp}`)
    if (this.#isStopping) this.#socket.destroySoon()
    else if (this.#held.length > 0) this.#goOn()
  }

  #answer(text: string): void {
    if (!this.#socket.destroyed) this.#socket.write(netstring(text))
  }

  #goOn(): void {
    const held = Buffer.concat(this.#held)
    this.#held = []
    this.#socket.resume()
    this.#take(held)
  }

  /** The client says or hears no more. A message whose envelope is complete is queued all the same. */
  #lost(): void {
    if (this.#isCommitting) {
      this.#isStopping = true
      return
    }
    this.#intake?.abort()
    this.#intake = undefined
    this.#socket.destroySoon()
  }
}
