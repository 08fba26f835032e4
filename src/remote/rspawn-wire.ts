import type { Bytes } from '../core/bytes.ts'
import { netstring } from '../core/netstring.ts'

/** What qmail-rspawn asks of the resident qmail-remote: one netstring, its fields separated by NUL (no address holds one). */
export interface Request {
  /** Comes back with the answer. */
  id: number
  /** `S/ID`, below queue/mess. */
  message: Bytes
  host: Bytes
  sender: Bytes
  recipients: Bytes[]
}

/** Larger than anything either side sends. */
export const MAX_WIRE_BYTES = 1 << 24

export const requestBytes = ({ id, message, host, sender, recipients }: Request): Buffer => netstring([id, message, host, sender, ...recipients].join('\0'))

/** A request's fields; undefined when it is none. */
export const parseRequest = (body: Buffer): Request | undefined => {
  const [id, message, host, sender, ...recipients] = body.toString('latin1').split('\0')
  if (id === undefined || message === undefined || host === undefined || sender === undefined) return undefined
  return { id: Number(id), message, host, sender, recipients }
}

/** An answer: the request's id and all reports, just as qmail-remote prints them. */
export const answerBytes = (id: number, reports: Bytes): Buffer => netstring(`${id}\0${reports}`)

export const parseAnswer = (body: Buffer): { id: number; reports: Bytes } => {
  const text = body.toString('latin1')
  const nul = text.indexOf('\0')
  return { id: Number(text.slice(0, nul)), reports: text.slice(nul + 1) }
}
