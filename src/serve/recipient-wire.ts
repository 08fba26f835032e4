import type { Bytes } from '../core/bytes.ts'
import { netstring } from '../core/netstring.ts'

/**
 * Between a server and qmail-rcptd, over run/smtpd/rcpt: netstrings, `NUMBER NUL RECIPIENT` there and `NUMBER NUL VERDICT` back, in any order.
 */
export type Verdict = 'exists' | 'unknown' | 'absent'

/** Longer than any request or answer. */
export const MAX_WIRE_BYTES = 2048

const LETTERS: Record<Verdict, Bytes> = { exists: '+', unknown: '?', absent: '-' }

export const packQuestion = (number: number, recipient: Bytes): Buffer => netstring(`${number}\0${recipient}`)
export const packVerdict = (number: Bytes, verdict: Verdict): Buffer => netstring(`${number}\0${LETTERS[verdict]}`)

/** Number and rest of either. */
export const unpack = (data: Buffer): { number: Bytes; text: Bytes } => {
  const text = data.toString('latin1')
  const nul = text.indexOf('\0')
  return { number: text.slice(0, nul), text: text.slice(nul + 1) }
}

/** What does not say clearly that somebody is absent does not say it. */
export const verdictOf = (letter: Bytes): Verdict => (letter === LETTERS.exists ? 'exists' : letter === LETTERS.absent ? 'absent' : 'unknown')
