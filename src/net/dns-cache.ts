import type { Answer } from './dns.ts'

/** An answer, and for how long its servers vouch for it; undefined: not at all. */
export interface Timed<T> {
  answer: Answer<T>
  ttlSeconds: number | undefined
}

/** The bounds of a time to live, whatever a zone says: deliveries at the same time ask once, and nobody is believed for longer than an hour. */
const [MIN_SECONDS, MAX_SECONDS] = [5, 3600]
const MAX_NAMES = 4096

/**
 * Answers of DNS, each with what DNSSEC vouches for, for as long as its records live: 5 seconds to an hour (spec modern.md 3.5). It lives as long as the resolver it
 * belongs to, an hour at most, in one process: a resident qmail-remote, which asks the same of many messages. A qmail-remote that is run once asks each name once
 * anyhow. Who asks what another is asking waits for the same answer. What is temporary is not kept.
 */
export class DnsCache {
  readonly #now: () => number
  readonly #kept = new Map<string, { answer: Answer<unknown>; until: number }>()
  readonly #asking = new Map<string, Promise<Answer<unknown>>>()

  /** `now`: a clock in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** The answer for a key, which stands for a name and one type of records, by `ask` where there is none. Never throws if that does not. */
  get<T>(key: string, ask: () => Promise<Timed<T>>): Promise<Answer<T>> {
    const kept = this.#kept.get(key)
    if (kept && kept.until > this.#now()) {
      this.#keep(key, kept) // the least recently used one is the first
      return Promise.resolve(kept.answer as Answer<T>)
    }
    const asked = (this.#asking.get(key) as Promise<Answer<T>> | undefined) ?? this.#ask(key, ask)
    this.#asking.set(key, asked)
    return asked
  }

  async #ask<T>(key: string, ask: () => Promise<Timed<T>>): Promise<Answer<T>> {
    try {
      const { answer, ttlSeconds } = await ask()
      this.#kept.delete(key)
      if (ttlSeconds !== undefined && answer.kind !== 'temporary')
        this.#keep(key, { answer, until: this.#now() + Math.min(Math.max(ttlSeconds, MIN_SECONDS), MAX_SECONDS) * 1000 })
      return answer
    } finally {
      this.#asking.delete(key)
    }
  }

  #keep(key: string, value: { answer: Answer<unknown>; until: number }): void {
    this.#kept.delete(key)
    const first = this.#kept.keys().next().value
    if (this.#kept.size >= MAX_NAMES && first !== undefined) this.#kept.delete(first)
    this.#kept.set(key, value)
  }
}
