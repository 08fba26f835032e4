import { type Bytes, findLine, lineAt, lower, splitAddress } from '../core/bytes.ts'
import { Temporary } from '../core/failure.ts'

/** A mailbox without a system account: a line of users/virtual. */
export interface VirtualUser {
  /** In lower case. */
  box: Bytes
  domain: Bytes
  /** As hashPassword makes it, or crypt(3); empty: nobody can log in. */
  hash: Bytes
  /** A Maildir++ quota (`50M`, `1G,10000C`); empty: none. */
  quota: Bytes
  /** Addresses mail goes to instead; its own among them: it is kept as well. */
  forward: Bytes[]
}

const BOX = /^[a-z0-9][a-z0-9!#$%&'*+=?^_`{|}~.-]*$/
const DOMAIN = /^[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)*$/
const QUOTA = /^([0-9]+[KMG]?S?)?(,?[0-9]+C)?$/
const ADDRESS = /^[^\s,:@]+@[^\s,:@]+$/

/** What is wrong with a mailbox, for people; undefined: nothing. */
export const whatIsWrong = ({ box, domain, hash, quota, forward }: VirtualUser): string | undefined => {
  if (!BOX.test(box) || box.includes('..')) return 'the box is no name'
  if (!DOMAIN.test(domain)) return 'the domain is no domain'
  if (/[\s:]/.test(hash)) return 'the password is no hash'
  if (!QUOTA.test(quota)) return 'the quota is none: 50M, 1G, 1000000S,500C'
  return forward.every((address) => ADDRESS.test(address)) ? undefined : 'it forwards to what is no address'
}

const fieldsOf = (line: Bytes): VirtualUser | undefined => {
  const [address = '', hash, quota, forward, ...more] = line.split(':')
  const { box, host } = splitAddress(lower(address))
  if (host === undefined || hash === undefined || quota === undefined || forward === undefined || more.length > 0) return undefined
  return { box, domain: host, hash, quota, forward: forward.split(',').filter(Boolean) }
}

const badFormat = (line: number, why: string): Temporary => new Temporary(`bad format in users/virtual, line ${line}: ${why}`)
const TWICE = 'it stands there twice'

/** The mailbox on a line, which counts from 1. Throws Temporary, naming it, when it is wrong. */
const userOn = (text: Bytes, line: number): VirtualUser => {
  const user = fieldsOf(text)
  if (user === undefined) throw badFormat(line, 'it is not box@domain:hash:quota:forward')
  const wrong = whatIsWrong(user)
  if (wrong !== undefined) throw badFormat(line, wrong)
  return user
}

/**
 * The mailboxes of users/virtual: `box@domain:password hash:quota:forward[,forward...]` a line; empty lines and those that begin with `#` do not
 * count. Temporary, naming the line, when one is wrong or stands there twice.
 */
export const parseVirtual = (text: Bytes): VirtualUser[] => {
  const seen = new Set<Bytes>()
  return text.split('\n').flatMap((line, n) => {
    if (line === '' || line.startsWith('#')) return []
    const user = userOn(line, n + 1)
    if (seen.has(addressOf(user))) throw badFormat(n + 1, TWICE)
    seen.add(addressOf(user))
    return [user]
  })
}

const lineNumber = (text: Bytes, at: number): number => text.slice(0, at).split('\n').length

/**
 * The one of them with this address, undefined if there is none. Only its own line is cut out and checked: to read all of 10,000 mailboxes took half as
 * long as to check a password, and what is wrong with another's line stops nobody here. Temporary, naming the line, when its own is wrong or stands there twice.
 */
export const virtualIn = (text: Bytes, address: Bytes): VirtualUser | undefined => {
  if (/^#|[:\n]/.test(address)) return undefined
  const start = `${address.toLowerCase()}:`
  const lowered = text.toLowerCase() // as long as the text: it is bytes
  const at = findLine(lowered, start)
  if (at < 0) return undefined
  const user = userOn(lineAt(text, at), lineNumber(text, at))
  const again = findLine(lowered, start, at + 1)
  if (again >= 0) throw badFormat(lineNumber(text, again), TWICE)
  return user
}

/** The address of a mailbox. */
export const addressOf = ({ box, domain }: Pick<VirtualUser, 'box' | 'domain'>): Bytes => `${box}@${domain}`

/** A mailbox as its line. */
export const virtualLine = (user: VirtualUser): Bytes => `${addressOf(user)}:${user.hash}:${user.quota}:${user.forward.join(',')}\n`
