import type { Readable, Writable } from 'node:stream'

/** A protocol's side of a conversation: takes the peer's bytes, and says when it is over. */
export interface Talker {
  /** Set when the conversation is over: the exit code. */
  exit: number | undefined
  /** Set when somebody else is to have the connection from here. */
  readonly isLeaving?: boolean
  /** Takes the next bytes. If a promise comes back, nothing more is fed until it is done. Never fails. */
  feed(chunk: Buffer): Promise<void> | undefined
  /** The peer was silent for too long: says so, sets `exit`. */
  timeOut(): Promise<void>
  /** The peer is gone: cleans up, sets `exit`. */
  hangUp(): Promise<void>
}

/** In the place of an exit code: the conversation is over, and its connection open, with nobody listening. */
export const LEFT = -1

/** The longest wait a timer takes. */
const MAX_MILLISECONDS = 0x7fffffff

/**
 * Leads a conversation to its end: feeds the talker what `input` brings, stops while it is busy or while `output` is full, and ends it when
 * nothing moves for `seconds`. Resolves with the exit code when the last reply has been handed to the system, or cannot be; with LEFT when the
 * talker is leaving.
 */
export class Conversation {
  readonly done: Promise<number>
  readonly #input: Readable
  readonly #output: Writable
  readonly #talker: Talker
  readonly #timer: NodeJS.Timeout
  #isBusy = false
  #isEnded = false
  #isClosing = false
  #resolve: (exit: number) => void = () => {}

  constructor(input: Readable, output: Writable, talker: Talker, seconds: number) {
    this.#input = input
    this.#output = output
    this.#talker = talker
    this.done = new Promise((resolve) => {
      this.#resolve = resolve
    })
    this.#timer = setTimeout(this.#onTime, Math.min(seconds * 1000, MAX_MILLISECONDS))
    output.on('error', this.#onGone)
    output.on('close', this.#onGone)
    output.on('drain', this.#onDrain)
    input.on('error', this.#onGone)
    input.on('end', this.#onEnd)
    input.on('data', this.#onData)
    input.resume() // a connection may come paused
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#timer.refresh()
    const wait = this.#talker.feed(chunk)
    if (wait) {
      this.#isBusy = true
      this.#input.pause()
      void wait.then(this.#onFed)
    } else if (this.#talker.exit !== undefined) this.#close()
    else if (this.#talker.isLeaving) this.#leave()
    else if (this.#output.writableNeedDrain) this.#input.pause()
  }

  readonly #onFed = (): void => {
    this.#isBusy = false
    this.#timer.refresh()
    if (this.#isEnded) this.#onEnd()
    else if (this.#talker.exit !== undefined) this.#close()
    else if (this.#talker.isLeaving) this.#leave()
    else if (!this.#output.writableNeedDrain) this.#input.resume()
  }

  readonly #onDrain = (): void => {
    this.#timer.refresh()
    if (!this.#isBusy && !this.#isClosing) this.#input.resume()
  }

  readonly #onTime = (): void => {
    if (this.#isClosing || this.#output.writableLength > 0) this.#finish()
    else if (this.#isBusy) this.#timer.refresh()
    else void this.#talker.timeOut().then(() => this.#close())
  }

  /** The peer says no more; it may still want to read what we say. */
  readonly #onEnd = (): void => {
    this.#isEnded = true
    if (!this.#isBusy) void this.#talker.hangUp().then(() => this.#close())
  }

  readonly #onGone = (): void => {
    if (!this.#isClosing || this.#output.destroyed) this.#finish()
  }

  /** Lets the last replies go out, as long as that does not take too long. No shutdown: others may hold the same connection. */
  #close(): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#input.pause()
    this.#timer.refresh()
    if (this.#output.destroyed || this.#output.writableLength === 0) this.#finish()
    else this.#output.write('', () => this.#finish())
  }

  /** Lets go of the connection when all replies are with the system. */
  #leave(): void {
    this.#input.pause()
    this.#input.off('data', this.#onData)
    this.#input.off('end', this.#onEnd)
    this.#output.off('drain', this.#onDrain)
    if (this.#output.writableLength === 0) this.#letGo()
    else this.#output.write('', () => this.#letGo())
  }

  #letGo(): void {
    if (this.#isFinished) return
    this.#isFinished = true
    clearTimeout(this.#timer)
    this.#output.off('close', this.#onGone)
    this.#resolve(LEFT)
  }

  #isFinished = false

  #finish(): void {
    if (this.#isFinished) return
    this.#isFinished = true
    clearTimeout(this.#timer)
    this.#isClosing = true
    this.#output.destroy()
    this.#input.destroy()
    void this.#talker.hangUp().then(() => this.#resolve(this.#talker.exit ?? 1))
  }
}
