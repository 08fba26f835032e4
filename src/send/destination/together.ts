import { type Bytes, isAscii, lower } from '../../core/bytes.ts'
import type { Company } from '../message.ts'
import type { UndoneRecipient } from '../records.ts'
import { isPerRecipient } from '../verp.ts'
import type { Destination } from './destination.ts'

const hostOf = (address: Bytes): Bytes => lower(address.slice(address.lastIndexOf('@') + 1))

/** So many recipients of a message may travel in one delivery, of which the spawner takes `most`; one, if each is to be told another sender. */
export const mostTogether = (most: number, sender: Bytes, destination: Destination | undefined): number =>
  most === 1 || destination === undefined || isPerRecipient(sender) ? 1 : Math.min(most, destination.together)

/** Takes out the recipient at `n`, and of those behind it the ones at the same host, in order: `most` of them in all. One whose address not every server takes (SMTPUTF8) goes alone: the message may reach the others. */
export const takeTogether = (ahead: UndoneRecipient[], n: number, most: number): UndoneRecipient[] => {
  const [first, ...behind] = ahead.splice(n)
  if (first === undefined) return []
  const taken = [first]
  const host = isAscii(first.address) ? hostOf(first.address) : undefined
  for (const one of behind) {
    const mayJoin = taken.length < most && hostOf(one.address) === host && isAscii(one.address)
    const list = mayJoin ? taken : ahead
    list.push(one)
  }
  return taken
}

/** Too many recipients (RFC 5321 4.5.3.1.10, and 552 as it says; RFC 3463 X.5.3). Not a full mailbox (X.2.2), which has the same codes. */
const TOO_MANY = /\nRemote host said: (?:[45]52|\d{3}[ -][45]\.5\.3)(?![ -][45]\.2\.2)/

/** Has this recipient been refused because there were others, whom the host took? Then it may be tried again at once. */
export const isOneTooMany = (company: Company | undefined, letter: Bytes, text: Bytes): boolean =>
  company !== undefined && company.reached > 0 && letter !== 'K' && TOO_MANY.test(text)
