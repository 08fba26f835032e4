import type { Bytes } from '../core/bytes.ts'
import type { Answer, Resolver, TextResolver } from './dns.ts'
import { reversedAddress } from './ip.ts'

/** One list of addresses in DNS. */
export interface DnsList {
  /** Does being on it block, or let in? */
  kind: 'block' | 'allow'
  base: Bytes
  /** What to tell those it blocks, with `%IP%` for the address; undefined: the list says itself, in a TXT record. */
  text: Bytes | undefined
  /** When it cannot be asked: does it block (and an allow list not let in)? */
  failsClosed: boolean
}

/** What the lists say of an address. `isSure` is false when a look-up failed on the way there: it may be otherwise next time. */
export type Listing<L extends DnsList> = { kind: 'clear' } | { kind: 'allowed'; list: L } | { kind: 'blocked'; list: L; text: Bytes; isSure: boolean }

/** What a list is asked for. */
type Asked = Pick<Resolver, 'a'> & TextResolver

const CLEAR = { kind: 'clear' } as const
const TEMPORARY = { kind: 'temporary' } as const
const FAILED = 'temporary RBL lookup error'

/** A list written as `base`, or `base:text` for one that has no TXT records. */
export const parseDnsList = (kind: DnsList['kind'], text: Bytes): Omit<DnsList, 'failsClosed'> => {
  const colon = text.indexOf(':')
  return colon < 0 ? { kind, base: text, text: undefined } : { kind, base: text.slice(0, colon), text: text.slice(colon + 1) }
}

const ask = (dns: Asked, list: DnsList, name: Bytes): Promise<Answer<Bytes>> => (list.kind === 'block' && list.text === undefined ? dns.txt(name) : dns.a(name))

/** All answers in the order of the questions; those that are not there after so many seconds, for all of them together, are temporary failures. */
const within = (answers: Promise<Answer<Bytes>>[], seconds: number): Promise<Answer<Bytes>[]> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Answer<Bytes>>((resolve) => {
    timer = setTimeout(() => resolve(TEMPORARY), seconds * 1000)
  })
  return Promise.all(answers.map((answer) => Promise.race([answer, late]))).finally(() => clearTimeout(timer))
}

/** The first list that decides does so (spec network.md 2.5). */
const decide = <L extends DnsList>(lists: readonly L[], answers: readonly Answer<Bytes>[], ip: Bytes): Listing<L> => {
  let isSure = true
  for (const [i, list] of lists.entries()) {
    const answer = answers[i] ?? TEMPORARY
    if (answer.kind === 'none') continue
    if (answer.kind === 'ok') {
      if (list.kind === 'allow') return { kind: 'allowed', list }
      return { kind: 'blocked', list, text: list.text?.replaceAll('%IP%', ip) ?? answer.records.join(''), isSure }
    }
    isSure = false
    if (list.kind === 'block' && list.failsClosed) return { kind: 'blocked', list, text: FAILED, isSure }
    if (list.kind === 'allow' && !list.failsClosed) return { kind: 'allowed', list }
  }
  return CLEAR
}

/** Asks all lists at once about an address, IPv4 or IPv6, for so many seconds altogether. What is no address is on no list. Never fails. */
export const lookUp = async <L extends DnsList>(dns: Asked, lists: readonly L[], ip: Bytes, seconds: number): Promise<Listing<L>> => {
  const reversed = reversedAddress(ip)
  if (reversed === undefined || lists.length === 0) return CLEAR
  const answers = await within(
    lists.map((list) => ask(dns, list, `${reversed}.${list.base}`)),
    seconds
  )
  return decide(lists, answers, ip)
}
