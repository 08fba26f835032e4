import { readdirSync } from 'node:fs'
import type { State } from '../state.ts'
import { takeUp } from './take-up.ts'

/** Without any pull of the trigger, todo/ is looked at this long after the last look. */
const SCAN_SECONDS = 1500
/** After a failure to read the folder. */
const SLEEP_SECONDS = 10
/** Pulls that come faster share a look. */
const SCAN_MILLISECONDS = 2
/** A look at a full folder takes a while: at most this part of the time goes into it. */
const SCAN_SHARE = 0.05

/** The number a file name of the queue stands for, written as we write it; else undefined. */
export const numberOf = (name: string): number | undefined => (/^(0|[1-9][0-9]{0,15})$/.test(name) ? Number(name) : undefined)

/** When to look at todo/ again. */
export class TodoScan {
  #isWanted = true
  /** A look in any case (by performance.now: nobody sets that clock). */
  #due = 0
  /** No look before (by performance.now). */
  #notBefore = 0

  /** The trigger was pulled. A pull during a look counts for the next one. */
  pull(): void {
    this.#isWanted = true
  }

  /** Milliseconds until the next look is due. */
  get restMilliseconds(): number {
    return Math.max(0, (this.#isWanted ? this.#notBefore : this.#due) - performance.now())
  }

  /** Looks if it is time to; takes up one message. False when there was nothing to do. */
  step(state: State): boolean {
    if (this.#isDue()) this.#look(state)
    for (const id of state.resting.rested()) state.found.add(id)
    for (const id of state.found) {
      state.found.delete(id)
      takeUp(state, id)
      return true
    }
    return false
  }

  #isDue(): boolean {
    return performance.now() >= (this.#isWanted ? this.#notBefore : this.#due)
  }

  #look(state: State): void {
    this.#isWanted = false
    const start = performance.now()
    this.#due = start + SCAN_SECONDS * 1000
    try {
      for (const name of readdirSync('todo')) {
        const id = numberOf(name)
        if (id !== undefined && !state.spokenFor.has(id) && !state.resting.has(id)) state.found.add(id)
      }
    } catch {
      state.log.line('alert: unable to opendir todo, sleeping...')
      this.#due = start + SLEEP_SECONDS * 1000
    }
    const end = performance.now()
    this.#notBefore = end + Math.max(SCAN_MILLISECONDS, (end - start) / SCAN_SHARE)
  }
}
