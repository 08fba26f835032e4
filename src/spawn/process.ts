import type { ChildProcess } from 'node:child_process'
import type { Bytes } from '../core/bytes.ts'
import { COMPANY_MARK, WRITTEN_WORD } from './local-wire.ts'
import { Outgoing } from './outgoing.ts'
import { AnswerParser, requestPieces } from './wire.ts'

/** What became of a request: the fields of the answer; `crashed`: the process ended without one; `unstarted`: it never ran. */
export type Reply = Bytes[] | 'crashed' | 'unstarted'

/** How long answers are waited for after the end of the process. */
const LAST_WORDS_MILLISECONDS = 1000
/** How long one that was asked to end and has nothing to do may take. */
const END_SECONDS = 5

const NO_MESSAGE = Buffer.alloc(0)
/** A program kept resident, and the requests it is working on. It may be another user's: nothing it says is trusted beyond its own requests. */
export class Resident {
  readonly #child: ChildProcess
  readonly #waiting = new Map<Bytes, { resolve: (reply: Reply) => void; written: (() => void) | undefined }>()
  readonly #answers = new AnswerParser()
  readonly #outgoing = new Outgoing()
  #served = 0
  #isOver = false
  #isRetired = false
  #killers: NodeJS.Timeout[] = []
  #onIdle: () => void = () => {}
  readonly #onOver: () => void
  readonly #hear: ((fields: Bytes[], say: (fields: Bytes[]) => void) => void) | undefined

  /**
   * `started` is the fresh process: requests on its 0, answers on its 1. `onOver` is told once, when it has ended. `hear`: what it says beside answers, and how to say
   * something to it; throws when that is not the protocol.
   */
  constructor(started: ChildProcess, onOver: () => void, hear?: (fields: Bytes[], say: (fields: Bytes[]) => void) => void) {
    this.#child = started
    this.#onOver = onOver
    this.#hear = hear
    started.on('error', () => this.#settleAll(started.pid === undefined ? 'unstarted' : 'crashed'))
    started.on('exit', () => {
      this.#over()
      // What it said last is still to be read; but a process it left behind may not hold us up.
      setTimeout(() => started.stdout?.destroy(), LAST_WORDS_MILLISECONDS)
    })
    started.on('close', () => this.#settleAll('crashed'))
    for (const stream of [started.stdin, started.stdout]) stream?.on('error', () => {}) // 'close' follows
    started.stdout?.on('data', (chunk: Buffer) => this.#take(chunk))
  }

  /** Called whenever its last request has been answered. */
  set onIdle(call: () => void) {
    this.#onIdle = call
  }

  get isIdle(): boolean {
    return this.#waiting.size === 0
  }

  /** Requests taken so far. */
  get served(): number {
    return this.#served
  }

  /**
   * Sends a request, with a message if the program takes one, and waits for its answer. `written` hears when only durability is waited for; `hasCompany`: others are
   * under way. A message of less than SLAB_BYTES has been copied when this returns; a larger one must stay as it is.
   */
  ask(fields: readonly Bytes[], message?: Buffer, written?: () => void, hasCompany = false): Promise<Reply> {
    if (this.#isOver) return Promise.resolve('crashed')
    const number = `${this.#served++}${hasCompany ? COMPANY_MARK : ''}`
    this.#send(requestPieces([number, ...fields], message))
    return new Promise((resolve) => {
      this.#waiting.set(number, { resolve, written })
    })
  }

  /** Asks it to end when it has done what it has. One that has nothing to do and does not is killed; so is one that takes longer than `patienceSeconds`, if that is given. */
  retire(patienceSeconds?: number): void {
    this.#flush()
    this.#child.stdin?.end()
    this.#isRetired = true
    if (patienceSeconds !== undefined) this.#killIn(patienceSeconds)
    if (this.isIdle) this.#killIn(END_SECONDS)
  }

  #killIn(seconds: number): void {
    if (!this.#isOver) this.#killers.push(setTimeout(() => this.#child.kill('SIGKILL'), seconds * 1000))
  }

  #send(pieces: readonly Buffer[]): void {
    if (this.#isRetired) return
    if (this.#outgoing.isEmpty) setImmediate(() => this.#flush())
    for (const piece of pieces) this.#outgoing.add(piece)
  }

  #flush(): void {
    const { stdin } = this.#child
    const pieces = this.#outgoing.take((stdin?.writableLength ?? 0) > 0)
    if (pieces.length === 0 || this.#isOver || stdin === null) return
    stdin.cork()
    for (const { bytes, slab } of pieces) stdin.write(bytes, slab?.giveBack)
    stdin.uncork()
  }

  #take(chunk: Buffer): void {
    try {
      for (const [number = '', ...fields] of this.#answers.push(chunk)) {
        if (number === '') this.#hear?.(fields, (words) => this.#send(requestPieces(['', ...words], NO_MESSAGE)))
        else if (fields[0] === WRITTEN_WORD) this.#waiting.get(number)?.written?.()
        else this.#settle(number, fields)
      }
    } catch {
      // not the protocol: it has gone mad, or is not ours any more
      this.#child.kill('SIGKILL')
    }
  }

  #settle(number: Bytes, reply: Reply): void {
    const waiting = this.#waiting.get(number)
    if (waiting === undefined) return
    this.#waiting.delete(number)
    waiting.resolve(reply)
    if (this.#waiting.size > 0) return
    if (this.#isRetired) this.#killIn(END_SECONDS)
    else this.#onIdle()
  }

  /** It takes no more requests. */
  #over(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const timer of this.#killers) clearTimeout(timer)
    this.#onIdle = () => {}
    this.#onOver()
  }

  #settleAll(reply: Reply): void {
    this.#over()
    for (const number of this.#waiting.keys()) this.#settle(number, reply)
  }
}
