import type { Bytes } from '../core/bytes.ts'
import type { NotesText } from './notes.ts'

/**
 * Bytes of DELNUM. qmail's is one byte. Our own extension, between the suite's qmail-send and a spawner that qmail-start has told of it (QMAIL_WIDE=1, to both): a
 * spawner that says a NUL where its limit is expected says the limit in the two bytes after it, the higher one first, and DELNUM has two bytes in its commands and reports, too.
 */
export type Width = 1 | 2

/** DELNUM, or a limit, in so many bytes. */
export const numberBytes = (number: number, width: Width): Bytes =>
  width === 1 ? String.fromCharCode(number) : String.fromCharCode(number >> 8, number & 0xff)

const numberAt = (text: Bytes, at: number, width: Width): number => (width === 1 ? text.charCodeAt(at) : (text.charCodeAt(at) << 8) | text.charCodeAt(at + 1))

/** Recipients of a message in one delivery: so many every server takes at a time (RFC 5321 4.5.3.1.8). */
export const MOST_TOGETHER = 100

/**
 * What a spawner says first. One that takes several recipients in one delivery says their number between two NULs of its own and the limit: `together` below 256, and
 * the limit above 255, so that neither is taken for the other.
 */
export const limitBytes = (limit: number, width: Width, together = 1): Bytes =>
  `${width === 1 ? '' : '\0'}${width === 1 || together === 1 ? '' : `\0${String.fromCharCode(together)}`}${numberBytes(limit, width)}`

/** One delivery qmail-send asks a spawner for (spec queue.md 5.7). */
export interface Command {
  /** DELNUM: comes back with the report. */
  slot: number
  /** `S/ID`, below queue/mess. */
  message: Bytes
  sender: Bytes
  recipient: Bytes
  /** Recipients at the same host that the message goes to in the same delivery. Each gets a report of its own under the same DELNUM: the first one's first, then these, in order. */
  others?: readonly Bytes[] | undefined
  /** What the sender asked for about these recipients, as notes on an envelope of them; undefined: nothing. */
  notes?: NotesText | undefined
  /** True when it was longer than we are ready to hold; its fields are then empty. */
  isTooLong: boolean
}

/** The letter by which a spawner of ours says of a message in the commit log: this delivery needs it as a file. Nothing has been done then. */
export const NEEDS_FILE = 'F'

/**
 * The letter by which a spawner of ours says of a message in the commit log: all work is done but for making it durable. A report
 * follows. It frees a place for the next delivery; the slot's number stays taken.
 */
export const WRITTEN = 'W'

/** The letter by which a spawner of ours reports success when the next host takes what the sender asked for upon itself: what `K` says, and nobody here is to tell the sender more. */
export const PASSED_ON = 'k'

/** The letter by which a spawner of ours reports that a mailing list took the message, which is the end of its way (RFC 3461 5.2.7.1): what `K` says, whomever it was forwarded to. */
export const LISTED = 'l'

/**
 * The letter by which a spawner of ours that takes several recipients says, before its report on a remote delivery, which mail exchangers the host has: their names, sorted, the same for
 * every host that has just these. Nothing ends by it.
 */
export const EXCHANGERS = 'M'

/** At the end of a message name, to a spawner of ours: a fourth field follows, the notes. */
const MORE = '+'
/** The same, behind that: further recipients follow, up to an empty field. */
const OTHERS = '*'

/** What a spawner answers: the letter (`K`, `Z`, `D`; anything else, or none, is mangled) and text for people. */
export interface Report {
  slot: number
  letter: Bytes
  text: Bytes
}

/** Far above any command qmail-send writes (a hundred addresses of 1002 bytes, and notes on them). */
const MAX_COMMAND_BYTES = 1 << 20
/** Bytes of a report that count, DELNUM and letter included (spec queue.md 5.7). */
const MAX_REPORT_BYTES = 10_000

/** A command as it stands on the wire, as a byte string, so that a caller may join many into one write. */
export const commandBytes = ({ slot, message, sender, recipient, others, notes }: Omit<Command, 'isTooLong'>, width: Width = 1): Bytes => {
  const marks = `${notes === undefined ? '' : MORE}${others === undefined ? '' : OTHERS}`
  const more = `${notes === undefined ? '' : `${notes}\0`}${others === undefined ? '' : `${others.join('\0')}\0\0`}`
  return `${numberBytes(slot, width)}${message}${marks}\0${sender}\0${recipient}\0${more}`
}

/** A report as it stands on the wire, as a byte string. `report` is letter and text; it is cut at the first NUL. */
export const reportBytes = (slot: number, report: Bytes, width: Width = 1): Bytes => {
  const nul = report.indexOf('\0')
  return `${numberBytes(slot, width)}${nul < 0 ? report : report.slice(0, nul)}\0`
}

/** A message name, and the marks at its end. */
const marked = (text: Bytes): [name: Bytes, marks: Bytes] => {
  const others = text.endsWith(OTHERS) ? OTHERS : ''
  const name = text.slice(0, text.length - others.length)
  return name.endsWith(MORE) ? [name.slice(0, -1), MORE + others] : [name, others]
}

/** Cuts commands out of a stream, which may come in any pieces. A part of a command at the end of the stream is dropped by not asking for more. */
export class CommandParser {
  readonly #width: Width
  #held: Bytes = ''
  #isTooLong = false

  constructor(width: Width = 1) {
    this.#width = width
  }

  /** Takes the next bytes; returns the commands they complete, in order. */
  push(chunk: Buffer): Command[] {
    const width = this.#width
    const text = this.#held + chunk.toString('latin1')
    const commands: Command[] = []
    let at = 0
    for (;;) {
      // the bytes of DELNUM may themselves be NUL
      const messageEnd = text.indexOf('\0', at + width)
      const senderEnd = messageEnd < 0 ? -1 : text.indexOf('\0', messageEnd + 1)
      const recipientEnd = senderEnd < 0 ? -1 : text.indexOf('\0', senderEnd + 1)
      if (recipientEnd < 0) break
      const [name, marks] = marked(text.slice(at + width, messageEnd))
      const notesEnd = marks.includes(MORE) ? text.indexOf('\0', recipientEnd + 1) : recipientEnd
      if (notesEnd < 0) break
      const end = marks.includes(OTHERS) ? text.indexOf('\0\0', notesEnd) : notesEnd
      if (end < 0) break
      commands.push({
        slot: numberAt(text, at, width),
        message: name,
        sender: text.slice(messageEnd + 1, senderEnd),
        recipient: text.slice(senderEnd + 1, recipientEnd),
        others: end > notesEnd ? text.slice(notesEnd + 1, end).split('\0') : undefined,
        notes: notesEnd > recipientEnd ? text.slice(recipientEnd + 1, notesEnd) : undefined,
        isTooLong: this.#isTooLong
      })
      this.#isTooLong = false
      at = marks.includes(OTHERS) ? end + 2 : end + 1
    }
    this.#hold(text.slice(at))
    return commands
  }

  /** Of a command that is too long only DELNUM and the number of ended fields are kept. */
  #hold(rest: Bytes): void {
    this.#held = rest
    if (rest.length <= MAX_COMMAND_BYTES) return
    this.#isTooLong = true
    this.#held = rest.slice(0, this.#width) + rest.slice(this.#width).replace(/[^\0]+/g, '')
  }
}

/** Cuts reports out of a stream. Of an over-long report only its first 10000 bytes count. */
export class ReportParser {
  readonly #width: Width
  #held: Bytes = ''

  constructor(width: Width = 1) {
    this.#width = width
  }

  /** Takes the next bytes; returns the reports they complete, in order. */
  push(chunk: Buffer): Report[] {
    const width = this.#width
    const mostBytes = MAX_REPORT_BYTES - 1 + width
    const text = this.#held + chunk.toString('latin1')
    const reports: Report[] = []
    let at = 0
    for (;;) {
      const end = text.indexOf('\0', at + width)
      if (end < 0) break
      const whole = text.slice(at, Math.min(end, at + mostBytes))
      reports.push({ slot: numberAt(whole, 0, width), letter: whole.charAt(width), text: whole.slice(width + 1) })
      at = end + 1
    }
    this.#held = text.slice(at, at + mostBytes)
    return reports
  }
}
