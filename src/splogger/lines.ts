import { Permanent } from '../core/failure.ts'

/** Longest piece of a line that is logged at once (spec queue.md 8). */
const MAX_PIECE_BYTES = 799

/** Severities of syslog(3). */
const Severity = { alert: 1, warning: 4, info: 6 } as const

/** The highest facility that syslog has (RFC 5424 6.2.1). */
const MAX_FACILITY = 23

/** The number of a facility given as text: digits at its start, else 0. Throws Permanent for one that syslog does not have. */
export const facilityOf = (text: string): number => {
  const number = Number(/^[0-9]+/.exec(text)?.[0] ?? 0)
  if (number > MAX_FACILITY) throw new Permanent(`facility ${text}: syslog has 0 to ${MAX_FACILITY} (2 is mail)`)
  return number
}

const severityOf = (line: string): number => {
  if (line.startsWith('alert:')) return Severity.alert
  return line.startsWith('warning:') ? Severity.warning : Severity.info
}

/** Cuts a stream of bytes into `<PRIORITY>SECONDS.MICROSECONDS text` entries, one a line or piece of a line; a line without an end is not one. */
export class SplogLines {
  readonly #facility: number
  readonly #microseconds: () => number
  #text = ''
  /** What every piece of the present line begins with, once the first is out. */
  #head: { priority: string; stamp: string } | undefined

  /** `microseconds`: the clock, since 1970. */
  constructor(facility: number, microseconds: () => number) {
    this.#facility = facility
    this.#microseconds = microseconds
  }

  /** The entries that these bytes complete. */
  push(chunk: Buffer): string[] {
    const entries: string[] = []
    for (const char of chunk.toString('latin1')) {
      if (char === '\n') {
        if (this.#text !== '') entries.push(this.#entry())
        this.#head = undefined
      } else {
        if (this.#text.length === MAX_PIECE_BYTES) entries.push(this.#entry())
        this.#text += char
      }
    }
    return entries
  }

  #entry(): string {
    const joint = this.#head === undefined ? ' ' : '+'
    this.#head ??= this.#newHead()
    const entry = this.#head.priority + this.#head.stamp + joint + this.#text.replace(/[^ -~]/g, '?')
    this.#text = ''
    return entry
  }

  #newHead(): { priority: string; stamp: string } {
    const now = this.#microseconds()
    const stamp = `${Math.floor(now / 1e6)}.${String(now % 1e6).padStart(6, '0')}`
    return { priority: `<${this.#facility * 8 + severityOf(this.#text)}>`, stamp }
  }
}

/** A clock of whole microseconds that tells entries of the same millisecond apart. */
export const steadyMicroseconds = (milliseconds: () => number): (() => number) => {
  let before = 0
  return () => {
    const now = milliseconds() * 1000
    before = now <= before && before - now < 1000 ? before + 1 : now
    return before
  }
}
