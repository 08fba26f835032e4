import type { Socket } from 'node:net'
import type { Bytes } from '../core/bytes.ts'
import { NetstringParser } from '../core/netstring.ts'
import { MAX_WIRE_BYTES, packQuestion, unpack, type Verdict, verdictOf } from './recipient-wire.ts'

/** A connection to the helper; undefined: there is none now. */
export type OpenDoor = () => Promise<Socket | undefined>

const PATIENCE_MILLISECONDS = 5000
/** After a failure the helper is left alone for so long. */
const REST_MILLISECONDS = 1000
/** How long an answer holds. Somebody new is known at once but for those asked about a moment ago. */
const KEEP_MILLISECONDS: Record<Verdict, number> = { exists: 30_000, unknown: 5000, absent: 2000 }
const MAX_KEPT = 10_000

/** Asks qmail-rcptd over one connection, many questions at a time, and remembers answers for a while. When it cannot be asked, nobody is absent. */
export class RecipientDoor {
  readonly #open: OpenDoor
  readonly #kept = new Map<Bytes, { verdict: Verdict; until: number }>()
  readonly #waiting = new Map<Bytes, (verdict: Verdict) => void>()
  #opening: Promise<Socket | undefined> | undefined
  #restUntil = 0
  #last = 0

  constructor(open: OpenDoor) {
    this.#open = open
  }

  /** Does this recipient exist? Never fails. */
  ask(recipient: Bytes): Verdict | Promise<Verdict> {
    const now = performance.now()
    const kept = this.#kept.get(recipient)
    if (kept !== undefined && kept.until > now) return kept.verdict
    return now < this.#restUntil ? 'unknown' : this.#ask(recipient)
  }

  async #ask(recipient: Bytes): Promise<Verdict> {
    this.#opening ??= this.#connect()
    const socket = await this.#opening
    if (socket === undefined) return 'unknown'
    const number = ++this.#last
    const verdict = await new Promise<Verdict>((resolve) => {
      const patience = setTimeout(() => resolve('unknown'), PATIENCE_MILLISECONDS)
      this.#waiting.set(String(number), (said) => {
        clearTimeout(patience)
        resolve(said)
      })
      socket.write(packQuestion(number, recipient))
    })
    this.#waiting.delete(String(number))
    this.#keep(recipient, verdict)
    return verdict
  }

  #keep(recipient: Bytes, verdict: Verdict): void {
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear()
    this.#kept.set(recipient, { verdict, until: performance.now() + KEEP_MILLISECONDS[verdict] })
  }

  async #connect(): Promise<Socket | undefined> {
    const socket = await this.#open()
    if (socket === undefined || socket.destroyed) {
      this.#gone()
      return undefined
    }
    const parser = new NetstringParser(MAX_WIRE_BYTES)
    socket.on('error', () => {}) // 'close' follows
    socket.on('close', () => this.#gone())
    socket.on('end', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      try {
        parser.push(chunk)
        for (let data = parser.next(); data; data = parser.next()) this.#take(data)
      } catch {
        socket.destroy() // not our protocol
      }
    })
    socket.resume()
    return socket
  }

  #take(data: Buffer): void {
    const { number, text } = unpack(data)
    this.#waiting.get(number)?.(verdictOf(text))
  }

  #gone(): void {
    this.#opening = undefined
    this.#restUntil = performance.now() + REST_MILLISECONDS
    for (const settle of this.#waiting.values()) settle('unknown')
  }
}
