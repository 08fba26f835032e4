import type { Bytes } from '../core/bytes.ts'
import type { Reply } from '../net/client-reply.ts'

/** What a server offered after EHLO, as far as it is used. */
export interface Offers {
  isPipelining: boolean
  /** The largest message it takes, in bytes; Infinity: it does not say; undefined: it does not want to know sizes. */
  size: number | undefined
  isStarttls: boolean
  /** It demands TLS of the next host where a message does (RFC 8689). */
  isRequireTls: boolean
  /** It takes what senders ask for (RFC 3461). */
  isDsn: boolean
  /** It takes addresses and headers in UTF-8 (RFC 6531). */
  isUtf8: boolean
  /** It knows BODY (RFC 6152). */
  is8bit: boolean
  /** It takes so many recipients a message (RFC 9422); Infinity: it does not say. */
  mostRecipients: number
  /** Mechanisms of AUTH, in upper case. */
  auth: readonly Bytes[]
}

export const NO_OFFERS: Offers = {
  isPipelining: false,
  size: undefined,
  isStarttls: false,
  isRequireTls: false,
  isDsn: false,
  isUtf8: false,
  is8bit: false,
  mostRecipients: Number.POSITIVE_INFINITY,
  auth: []
}

/** The value of one of the words of LIMITS. */
const limitIn = (limits: readonly Bytes[] | undefined, name: Bytes): number => {
  const at = limits?.findIndex((word) => word.toUpperCase() === name) ?? -1
  const value = at < 0 ? undefined : limits?.[at + 1]
  return /^[1-9][0-9]{0,5}$/.test(value ?? '') ? Number(value) : Number.POSITIVE_INFINITY
}

/** Reads the answer to EHLO. `unused`: keywords, in upper case, not to be used. */
export const offersIn = (reply: Reply, unused: ReadonlySet<Bytes>): Offers => {
  const words = new Map(
    reply.text
      .split('\n')
      .slice(1)
      .map((line) => line.slice(4).trim().split(/[ =]+/))
      .map(([keyword = '', ...rest]) => [keyword.toUpperCase(), rest] as const)
  )
  const isOffered = (keyword: Bytes): boolean => words.has(keyword) && !unused.has(keyword)
  const most = /^[0-9]{1,15}$/.exec(words.get('SIZE')?.[0] ?? '')?.[0]
  return {
    isPipelining: isOffered('PIPELINING'),
    size: isOffered('SIZE') ? Number(most ?? 0) || Number.POSITIVE_INFINITY : undefined,
    isStarttls: isOffered('STARTTLS'),
    isRequireTls: isOffered('REQUIRETLS'),
    isDsn: isOffered('DSN'),
    isUtf8: isOffered('SMTPUTF8'),
    is8bit: isOffered('8BITMIME'),
    mostRecipients: limitIn(isOffered('LIMITS') ? words.get('LIMITS') : undefined, 'RCPTMAX'),
    auth: isOffered('AUTH') ? (words.get('AUTH') ?? []).map((mechanism) => mechanism.toUpperCase()) : []
  }
}
