import type { Bytes } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { errorCode, isTemporary } from '../core/failure.ts'
import { NEEDS_FILE, PASSED_ON } from '../queue/spawnproto.ts'

/** How one run of qmail-remote ended: its exit code, or `crashed`; and all it printed. */
export interface Ending {
  code: number | 'crashed'
  output: Bytes
  /** The host's mail exchangers; undefined: it did not say. */
  exchangers?: Bytes | undefined
}

/** The exit code that stands for a program that could not be started (spec queue.md 7.3). `isOurs`: if it is missing, it may be there again in a moment, as an upgrade replaces it. */
export const cannotStart = (error: unknown, isOurs: boolean): Ending => ({
  code: isTemporary(error) || (isOurs && errorCode(error) === 'ENOENT') ? Exit.temporary : Exit.permanent,
  output: ''
})

/** The message stands in the commit log, and this delivery needs a file. Nothing was done. */
export const needsFile: Ending = { code: Exit.temporary, output: NEEDS_FILE }

type Letter = 'K' | 'Z' | 'D'
const worth: Record<Letter, number> = { D: 0, Z: 1, K: 2 }

/** The letter a field starts with, if it is one of a message report. */
const letterOf = (field: Bytes): Letter | undefined => {
  const letter = field.charAt(0)
  return letter === 'K' || letter === 'Z' || letter === 'D' ? letter : undefined
}

/** Condenses the reports for one recipient to one: the recipient's letter decides over the message's (spec queue.md 7.3). */
const condensed = (output: Bytes): Bytes => {
  const [first = '', second = ''] = output.split('\0')
  const ended = output.split('\0').slice(0, -1)
  const result = ended.map(letterOf).find((letter) => letter !== undefined) ?? 'D'
  const byRecipient: Record<string, Letter> = { s: 'Z', h: 'D' }
  const outcome = byRecipient[output.charAt(0)] ?? result
  const addsText = worth[result] <= worth[outcome] && letterOf(second) !== undefined
  return ended.length === 0 ? outcome : `${outcome}${first.slice(1)}${addsText ? second.slice(1) : ''}`
}

/** Another program than ours may know nothing of REQUIRETLS, and would send the message whatever TLS there is. */
export const cannotRequireTls = "ZREQUIRETLS cannot be passed on: qmail-remote is not the suite's own. (#4.7.0)\n"

/** The last field of what qmail-remote prints when the server took what the sender asked for. */
const DSN_FIELD = '+dsn'

/** What qmail-remote says last where it is resident: the host's mail exchangers. */
const EXCHANGERS_FIELD = '\0+mx='

/** How a delivery by the resident qmail-remote ended. */
export const endingOf = (output: Bytes): Ending => {
  const at = output.lastIndexOf(EXCHANGERS_FIELD)
  if (at < 0) return { code: Exit.ok, output }
  return { code: Exit.ok, output: output.slice(0, at + 1), exchangers: output.slice(at + EXCHANGERS_FIELD.length, -1) }
}

/** What qmail-remote would have printed had it been run for each of so many recipients: what it says about one, then about the message. What it took for none it named is unknown. */
const outputs = (output: Bytes, count: number): Bytes[] => {
  const fields = output.split('\0')
  const named = fields.findIndex((field) => letterOf(field) !== undefined)
  const message = fields.slice(Math.max(named, 0)).join('\0')
  return Array.from({ length: count }, (_, n) => {
    if (n < named) return `${fields[n]}\0${message}`
    return letterOf(message) === 'K' ? '' : message
  })
}

/** A report of qmail-rspawn for each of so many recipients of a delivery; NEEDS_FILE stands for all. */
export const reportsOn = (ending: Ending, count: number, hasNotes: boolean): Bytes[] =>
  ending === needsFile ? [NEEDS_FILE] : outputs(ending.output, count).map((output) => reportOn({ ...ending, output }, hasNotes))

/** Letter and text of qmail-rspawn's report on a delivery. */
export const reportOn = (ending: Ending, hasNotes = false): Bytes => {
  if (ending === needsFile) return NEEDS_FILE
  const { code, output } = ending
  if (code === 'crashed') return 'Zqmail-remote crashed. (#4.3.0)\n'
  if (code === Exit.temporary) return 'ZUnable to run qmail-remote. (#4.3.0)\n'
  if (code !== Exit.ok) return 'DUnable to run qmail-remote. (#5.3.0)\n'
  if (output === '') return 'Zqmail-remote said nothing. (#4.3.0)\n'
  const report = condensed(output)
  return hasNotes && report.startsWith('K') && output.endsWith(`\0${DSN_FIELD}\0`) ? PASSED_ON + report.slice(1) : report
}
