import { identity } from '../os/own.ts'
import type { ProgramName } from '../suite/programs.ts'
import { onceATurn } from './once-a-turn.ts'
import { hasSecondGear, programFile } from './own-program.ts'

/**
 * Which gear a program is to be run in, judged anew when its file has changed; looked at once per turn of the event loop, however
 * many deliveries that turn starts.
 */
export class Gear {
  readonly #home: string
  readonly #name: ProgramName
  readonly #firstgear: readonly string[] | undefined
  #identity: string | undefined
  #isSecond = false
  readonly #lookOnce = onceATurn(() => this.#look())

  /** `firstgear`: what control/firstgear says. */
  constructor(home: string, name: ProgramName, firstgear: readonly string[] | undefined) {
    this.#home = home
    this.#name = name
    this.#firstgear = firstgear
  }

  /** What the program's file is now, if it may be kept resident; undefined: run it once per job. */
  now(): string | undefined {
    this.#lookOnce()
    return this.#isSecond ? this.#identity : undefined
  }

  #look(): void {
    const found = identity(programFile(this.#home, this.#name))
    if (found !== this.#identity) this.#isSecond = found !== undefined && hasSecondGear(this.#home, this.#name, this.#firstgear)
    this.#identity = found
  }
}
