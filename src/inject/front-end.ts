import type { Bytes } from '../core/bytes.ts'
import { lower, splitAddress } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { Permanent } from '../core/failure.ts'
import { treatList } from '../format/addresslist.ts'
import { type Token, tokenize, unquoted } from '../format/token822.ts'
import { withoutRoute } from './rewrite.ts'

/** What sysexits.h calls them; Postfix's sendmail ends so too. */
export const Sysexit = { usage: 64, data: 65 } as const

/** What the sendmail front-end does not take: why, and the exit code. */
export class Refusal extends Permanent {
  readonly exit: number

  constructor(message: string, exit: number) {
    super(message)
    this.exit = exit
  }
}

/** The addresses of an RFC 822 address list, in its order, as raw envelope addresses; undefined when its syntax is wrong. */
export const addressesIn = (list: Bytes): Bytes[] | undefined => {
  const found: Bytes[] = []
  const tokens = tokenize(list)
  const treat = (address: Token[]): Token[] => {
    found.unshift(unquoted(withoutRoute(address)))
    return address
  }
  return tokens && treatList(tokens, treat) ? found : undefined
}

/**
 * The recipients that sendmail's operands name: each is an address or a list of them as in a header field (RFC 822 6), as with other
 * sendmails, while qmail-inject's are raw. Throws Refusal for one that cannot be read.
 */
export const operandRecipients = (operands: readonly Bytes[]): Bytes[] =>
  operands.flatMap((operand) => {
    const addresses = addressesIn(operand)
    if (addresses === undefined) throw new Refusal(`unable to parse address: ${operand}`, Exit.permanent)
    return addresses.filter((address) => address !== '')
  })

/** The sender that -f names: `<a@b>`, `<>`, `Joe <a@b>` or a bare address; what is not one address is taken raw. */
export const operandSender = (sender: Bytes): Bytes => {
  const [address = '', ...more] = addressesIn(sender) ?? ['', '']
  return more.length === 0 ? address : sender
}

const sameAddress = (address: Bytes): Bytes => {
  const { box, host } = splitAddress(address)
  return host === undefined ? box : `${box}@${lower(host)}`
}

/** Everybody once, in the order they are named first; empty addresses are nobody's. */
export const eachOnce = (recipients: readonly Bytes[]): Bytes[] => {
  const named = new Map<Bytes, Bytes>()
  for (const recipient of recipients) if (recipient !== '' && !named.has(sameAddress(recipient))) named.set(sameAddress(recipient), recipient)
  return [...named.values()]
}
