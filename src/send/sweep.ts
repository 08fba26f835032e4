import { readdirSync, statSync } from 'node:fs'
import { RUBBISH_SECONDS, SPLIT, splitPath } from '../queue/paths.ts'
import { exists } from './files.ts'
import { removeMessage } from './removal.ts'
import { nowSeconds, type State } from './state.ts'
import { numberOf } from './todo/scan.ts'

/** From the end of one sweep to the start of the next. */
const SWEEP_SECONDS = 76_431
const SLEEP_SECONDS = 10
/** Names looked at in one turn, so that a full queue does not hold up deliveries. */
const NAMES_PER_TURN = 32

/** Is this the file of a writer that died, 36 hours ago? */
const isRubbish = (state: State, id: number): boolean => {
  try {
    if (state.spokenFor.has(id) || state.departures.has(id)) return false
    const file = statSync(splitPath('mess', id), { throwIfNoEntry: false })
    if (file === undefined || Math.floor(file.atimeMs / 1000) + RUBBISH_SECONDS >= nowSeconds()) return false
    return !exists(splitPath('info', id)) && !exists(`todo/${id}`)
  } catch {
    return false // in doubt it stays
  }
}

/** Walks through mess/ for messages that never got into the queue, and has them removed (spec queue.md 5.11). */
export class Sweep {
  #due = 0
  #folder = 0
  #names: string[] = []

  /** When the walk goes on, Unix seconds. */
  get due(): number {
    return this.#due
  }

  /** Goes on for a little. False when it is not due. */
  step(state: State): boolean {
    if (nowSeconds() < this.#due) return false
    const names = this.#names.splice(0, NAMES_PER_TURN)
    for (const name of names) {
      const id = numberOf(name)
      if (id !== undefined && isRubbish(state, id)) removeMessage(state, id)
    }
    if (this.#names.length === 0) this.#nextFolder(state)
    return true
  }

  #nextFolder(state: State): void {
    if (this.#folder === SPLIT) {
      this.#folder = 0
      this.#due = nowSeconds() + SWEEP_SECONDS
      return
    }
    try {
      this.#names = readdirSync(`mess/${this.#folder}`)
      this.#folder++
    } catch {
      state.log.line(`alert: unable to opendir mess/${this.#folder}, sleeping...`)
      this.#due = nowSeconds() + SLEEP_SECONDS
    }
  }
}
