import type { Bytes } from '../core/bytes.ts'
import type { Delivery } from './delivery.ts'
import { isFile } from './pieces.ts'
import { DSN_REPORT, exchangersReport, report } from './report.ts'

/** What came of a delivery to some of its recipients, the first ones. */
export interface Turn {
  reports: Bytes
  /** How many recipients it is about. */
  count: number
  /** The host's mail exchangers (Target); undefined: not known. */
  exchangers?: Bytes | undefined
}

/** The recipients after these, of a message that can be read again; undefined: there are none. */
const restOf = (delivery: Delivery, count: number): Delivery | undefined => {
  const recipients = delivery.recipients.slice(count)
  if (recipients.length === 0) return undefined
  const { notes } = delivery
  const shifted = notes && { ...notes, recipients: new Map([...notes.recipients].flatMap(([at, note]) => (at < count ? [] : [[at - count, note] as const]))) }
  return { ...delivery, recipients, notes: shifted, isAgain: true }
}

/** A turn's reports, one for each recipient and the message's. What the message's says holds for every recipient that was taken, or not asked about. */
const takenApart = ({ reports, count }: Turn): { recipients: Bytes[]; message: Bytes; isPassedOn: boolean } => {
  const fields = reports.split('\0').slice(0, -1)
  const message = fields.find((field) => /^[KZD]/.test(field)) ?? 'Z'
  const own = fields.filter((field) => /^[rhs]/.test(field))
  const isTaken = message.startsWith('K')
  const verdict = `${message.startsWith('D') ? 'h' : 's'}${message.slice(1)}`
  const recipients = Array.from({ length: count }, (_, n) => own[n] ?? verdict)
  return {
    recipients: isTaken ? recipients : recipients.map((one) => (one.startsWith('r') ? verdict : one)),
    message,
    isPassedOn: reports.endsWith(DSN_REPORT)
  }
}

/** The reports of several turns as those of one delivery: it was taken if one of them was. */
const joined = (turns: readonly Turn[]): Bytes => {
  const all = turns.map(takenApart)
  const taken = all.filter(({ message }) => message.startsWith('K'))
  const message = taken[0]?.message ?? all.at(-1)?.message ?? 'Z'
  const isPassedOn = taken.length > 0 && taken.every((one) => one.isPassedOn)
  return `${all.map(({ recipients }) => recipients.map((one) => `${one}\0`).join('')).join('')}${message}\0${isPassedOn ? DSN_REPORT : ''}`
}

const CANNOT_REPEAT = report('Z', 'The host takes fewer recipients at a time, and the message can be read only once. (#4.5.3)\n')

/** Why there is no further turn, as the message's report: the last one failed for now, or the message cannot be read again. */
const whyNot = ({ message }: Delivery, last: Turn): Bytes | undefined => {
  const { message: said } = takenApart(last)
  if (said.startsWith('Z')) return `${said}\0`
  return typeof message !== 'number' || isFile(message) ? undefined : CANNOT_REPEAT
}

/**
 * Delivers to all recipients, in as many transactions as the host wants (LIMITS RCPTMAX, RFC 9422), each over a connection of its own: so MAILMAX is never passed. `deliver`
 * makes one, for as many recipients from the first as it may. It never fails.
 */
export const inTurns = async (delivery: Delivery, deliver: (delivery: Delivery) => Promise<Turn>): Promise<Bytes> => {
  const first = await deliver(delivery)
  const turns = [first]
  for (let rest = restOf(delivery, first.count), last = first; rest !== undefined; rest = restOf(rest, last.count)) {
    const given = whyNot(rest, last)
    last = given === undefined ? await deliver(rest) : { reports: given, count: rest.recipients.length }
    turns.push(last)
  }
  const told = delivery.tellsExchangers && first.exchangers !== undefined ? exchangersReport(first.exchangers) : ''
  return (turns.length === 1 ? first.reports : joined(turns)) + told
}
