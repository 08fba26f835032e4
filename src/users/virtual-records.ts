import { join } from 'node:path'
import type { Bytes } from '../core/bytes.ts'
import type { Account } from '../os/ids.ts'
import { homeOfVirtual } from './virtual.ts'
import { addressOf, type VirtualUser } from './virtual-file.ts'

type Records = [Bytes, Bytes][]

/** Between a domain and a box in the local part, as control/virtualdomains makes it of `DOMAIN:DOMAIN`. */
const BREAK = '-'

/** What is done with a mailbox's mail, as a .qmail file would say it (its own, where it has one, goes before). */
export const instructionsOf = (home: string, user: VirtualUser): Bytes => {
  const others = user.forward.filter((address) => address.toLowerCase() !== addressOf(user))
  const isKept = user.forward.length === 0 || others.length < user.forward.length
  const delivery = user.quota === '' ? './Maildir/' : `|${join(home, 'bin', 'deliverquota')} ./Maildir ${user.quota}`
  return [...(isKept ? [delivery] : []), ...others.map((address) => `&${address}`)].join('\n')
}

/**
 * The records of users/cdb for the mailboxes of users/virtual: `domain-box` and `domain-box-anything` are the box's, all else of the domain
 * is for .qmail files in the domain's folder. A seventh field holds the instructions; who does not know of it sees six.
 */
export const virtualRecords = (home: string, account: Account, users: readonly VirtualUser[]): Records => {
  const head = `${account.name}\0${account.uid}\0${account.gid}`
  const boxes = users.flatMap((user): Records => {
    const [key, folder, last] = [`${user.domain}${BREAK}${user.box}`, homeOfVirtual(account, user), instructionsOf(home, user)]
    return [
      [`!${key}\0`, `${head}\0${folder}\0\0\0${last}`],
      [`!${key}${BREAK}`, `${head}\0${folder}\0${BREAK}\0`]
    ]
  })
  const domains = [...new Set(users.map(({ domain }) => domain))].map((domain): [Bytes, Bytes] => [
    `!${domain}${BREAK}`,
    `${head}\0${account.home}/${domain}\0${BREAK}\0`
  ])
  return [...boxes, ...domains]
}
