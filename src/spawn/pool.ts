import type { Bytes } from '../core/bytes.ts'
import type { Reply, Resident } from './process.ts'

/** How a pool starts a process for a key, and how many it keeps, for how long. */
export interface PoolOptions {
  start: (key: Bytes, onOver: () => void) => Resident
  /** At most this many processes at a time. */
  max: number
  /** Requests one process takes in its life. */
  maxRequests: number
  idleSeconds: number
  /** A key never has two processes: requests wait until one that was asked to end has ended. */
  isOnly?: boolean
  /** With so many requests under way, for all keys, each is told that it has company; left out: never. */
  company?: number
  /** One that was asked to end is killed after so many seconds, even while it has requests; left out: it may finish them. */
  patienceSeconds?: number
}

interface Member {
  resident: Resident
  /** The program file it was started from. */
  identity: string
  idle: NodeJS.Timeout | undefined
}

/** Resident processes, at most one taking requests per key (a user, for qmail-local). */
export class Pool {
  readonly #options: PoolOptions
  readonly #members = new Map<Bytes, Member>()
  /** Requests for a key whose process has been asked to end and has not yet. */
  readonly #ending = new Map<Bytes, (() => void)[]>()
  #alive = 0
  #underWay = 0
  #unwritten = 0

  constructor(options: PoolOptions) {
    this.#options = options
  }

  /** Is nothing being worked on, but for what waits for its durability only? */
  get isCalm(): boolean {
    return this.#unwritten === 0
  }

  /**
   * Has a request served by the key's process, started if need be from the program file of this identity. Undefined: all places are
   * taken by busy processes, or `message`, which is called when the request is sent, has none to go with it. Rejects with what that throws.
   */
  async ask(key: Bytes, identity: string, fields: readonly Bytes[], message?: () => Buffer | undefined, written?: () => void): Promise<Reply | undefined> {
    while (this.#current(key, identity) === undefined && this.#ending.has(key)) {
      await new Promise<void>((resolve) => this.#ending.get(key)?.push(resolve))
    }
    const bytes = message?.()
    if (message !== undefined && bytes === undefined) return undefined
    const member = this.#current(key, identity) ?? this.#add(key, identity)
    if (member === undefined) return undefined
    clearTimeout(member.idle)
    const isWritten = this.#count()
    const reply = member.resident.ask(
      fields,
      bytes,
      () => {
        isWritten()
        written?.()
      },
      ++this.#underWay >= (this.#options.company ?? Number.POSITIVE_INFINITY)
    )
    void reply.then(() => {
      isWritten()
      this.#underWay--
    })
    if (member.resident.served >= this.#options.maxRequests) this.#retire(key)
    return reply
  }

  /** Counts a request as one that is worked on, until what it returns is called. */
  #count(): () => void {
    let isCounted = true
    this.#unwritten++
    return () => {
      if (isCounted) this.#unwritten--
      isCounted = false
    }
  }

  #current(key: Bytes, identity: string): Member | undefined {
    const member = this.#members.get(key)
    if (member === undefined || member.identity === identity) return member
    this.#retire(key)
    return undefined
  }

  #add(key: Bytes, identity: string): Member | undefined {
    if (this.#alive >= this.#options.max && !this.#retireOneIdle()) return undefined
    const resident = this.#options.start(key, () => {
      this.#alive--
      this.#ended(key)
      clearTimeout(member.idle)
      if (this.#members.get(key)?.resident === resident) this.#members.delete(key)
    })
    const member: Member = { resident, identity, idle: undefined }
    resident.onIdle = () => {
      member.idle = setTimeout(() => this.#retire(key, member), this.#options.idleSeconds * 1000)
    }
    this.#alive++
    this.#members.set(key, member)
    return member
  }

  /** It takes no more requests; those it has it will finish. */
  #retire(key: Bytes, only?: Member): void {
    const member = this.#members.get(key)
    if (member === undefined || (only !== undefined && member !== only)) return
    clearTimeout(member.idle)
    this.#members.delete(key)
    if (this.#options.isOnly) this.#ending.set(key, [])
    member.resident.retire(this.#options.patienceSeconds)
  }

  /** The key's process has ended: whoever waited may start another. */
  #ended(key: Bytes): void {
    const waiting = this.#ending.get(key) ?? []
    this.#ending.delete(key)
    for (const go of waiting) go()
  }

  #retireOneIdle(): boolean {
    for (const [key, { resident }] of this.#members) {
      if (!resident.isIdle) continue
      this.#retire(key)
      return true
    }
    return false
  }
}
