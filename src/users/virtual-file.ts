import { type Bytes, lower, splitAddress } from '../core/bytes.ts'
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

/**
 * The mailboxes of users/virtual: `box@domain:password hash:quota:forward[,forward...]` a line; empty lines and those that begin with `#` do not
 * count. Temporary, naming the line, when one is wrong or stands there twice.
 */
export const parseVirtual = (text: Bytes): VirtualUser[] => {
  const seen = new Set<Bytes>()
  return text.split('\n').flatMap((line, n) => {
    if (line === '' || line.startsWith('#')) return []
    const user = fieldsOf(line)
    const wrong =
      user === undefined ? 'it is not box@domain:hash:quota:forward' : (whatIsWrong(user) ?? (seen.has(addressOf(user)) ? 'it stands there twice' : undefined))
    if (user === undefined || wrong !== undefined) throw new Temporary(`bad format in users/virtual, line ${n + 1}: ${wrong}`)
    seen.add(addressOf(user))
    return [user]
  })
}

/** The address of a mailbox. */
export const addressOf = ({ box, domain }: Pick<VirtualUser, 'box' | 'domain'>): Bytes => `${box}@${domain}`

/** A mailbox as its line. */
export const virtualLine = (user: VirtualUser): Bytes => `${addressOf(user)}:${user.hash}:${user.quota}:${user.forward.join(',')}\n`
