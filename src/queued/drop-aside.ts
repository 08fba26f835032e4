import { lstatSync, renameSync, unlinkSync } from 'node:fs'
import { reason } from '../core/failure.ts'
import { printable } from '../core/logline.ts'
import { BAD } from '../queue/drop-format.ts'
import { RUBBISH_SECONDS } from '../queue/paths.ts'

/** So many lines a minute are said about the files of one owner. */
const LINES_A_MINUTE = 20
const MINUTE_MS = 60_000
/** So many malformed files of one owner are kept to be looked at; more are removed. */
const MAX_KEPT = 100

/** What becomes of files that do not belong in the drop folder, and what is said about them: of each owner's, so much and no more. */
export class DropAside {
  readonly #path: (name: string) => Buffer
  readonly #log: (line: string) => void
  readonly #lines = new Map<number, number>()
  readonly #kept = new Map<number, number>()
  #minute = 0
  #asides = 0

  /** `path`: where a name is. */
  constructor(path: (name: string) => Buffer, log: (line: string) => void) {
    this.#path = path
    this.#log = log
  }

  /** Says something about a file of this owner, unless much has been said already. */
  say(uid: number, line: string): void {
    const now = performance.now()
    if (now - this.#minute > MINUTE_MS) {
      this.#lines.clear()
      this.#minute = now
    }
    const said = (this.#lines.get(uid) ?? 0) + 1
    this.#lines.set(uid, said)
    if (said <= LINES_A_MINUTE) this.#log(said < LINES_A_MINUTE ? line : `${line} (no more of uid ${uid} for a minute)`)
  }

  /** Sets a malformed file aside. */
  setAside(name: string, uid: number, why: string): void {
    const file = `drop/${printable(name)}`
    const kept = this.#kept.get(uid) ?? 0
    try {
      if (kept >= MAX_KEPT) {
        unlinkSync(this.#path(name))
        this.say(uid, `warning: removed malformed ${file}, as ${kept} of uid ${uid} are kept already: ${why}`)
        return
      }
      this.#kept.set(uid, kept + 1)
      const aside = `${BAD}${Date.now()}.${++this.#asides}` // not made of the old name, which may be of any length
      renameSync(this.#path(name), this.#path(aside))
      this.say(uid, `warning: set aside malformed ${file} as ${aside}: ${why}`)
    } catch (cause) {
      this.say(uid, `warning: unable to set aside malformed ${file}: ${reason(cause)}`)
    }
  }

  /** Files whose writer died, those set aside, and whatever else does not belong here, when they are old. The time is that of the last change: nobody can forge it. */
  sweep(name: string): void {
    if (name === 'trigger') return
    try {
      const path = this.#path(name)
      const stat = lstatSync(path)
      if (Date.now() - stat.ctimeMs <= RUBBISH_SECONDS * 1000) return
      unlinkSync(path)
      if (name.startsWith(BAD)) this.#kept.set(stat.uid, Math.max(0, (this.#kept.get(stat.uid) ?? 0) - 1))
    } catch {
      // gone, or not to be removed
    }
  }
}
