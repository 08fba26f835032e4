import { statSync } from 'node:fs'

/** What could not be taken up for a reason that may pass is tried again after this. */
const REST_MILLISECONDS = 123_000

const identityOf = (id: number): string | undefined => {
  const file = statSync(`todo/${id}`, { throwIfNoEntry: false, bigint: true })
  return file && `${file.ino} ${file.ctimeNs}`
}

/**
 * Envelopes that could not be taken up. They are left alone, so that no trigger has them read again: those that make no sense for as long as the
 * file is the same, the others for a while.
 */
export class Resting {
  readonly #hopeless = new Map<number, string | undefined>()
  readonly #passing = new Set<number>()
  /** By performance.now. */
  #until = 0

  /** Its trouble may pass. */
  rest(id: number): void {
    if (this.#passing.size === 0) this.#until = performance.now() + REST_MILLISECONDS
    this.#passing.add(id)
  }

  /** It makes no sense. */
  giveUp(id: number): void {
    this.#hopeless.set(id, identityOf(id))
  }

  /** Is this number to be left alone? Throws system errors of looking at it. */
  has(id: number): boolean {
    if (this.#passing.has(id)) return true
    if (!this.#hopeless.has(id)) return false
    if (this.#hopeless.get(id) === identityOf(id)) return true
    this.#hopeless.delete(id)
    return false
  }

  /** Milliseconds until some have rested long enough; undefined: none rests. */
  get restMilliseconds(): number | undefined {
    return this.#passing.size === 0 ? undefined : Math.max(0, this.#until - performance.now())
  }

  /** Those that have rested long enough; `all`: all, also those that make no sense. */
  rested(all = false): number[] {
    if (!all && (this.restMilliseconds ?? 1) > 0) return []
    const ids = all ? [...this.#passing, ...this.#hopeless.keys()] : [...this.#passing]
    this.#passing.clear()
    if (all) this.#hopeless.clear()
    return ids
  }
}
