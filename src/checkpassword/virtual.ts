import { findVirtual, homeOfVirtual, virtualAccount } from '../users/virtual.ts'
import type { Lookup } from './check.ts'
import { fitsHash } from './hash.ts'

/** No password fits this, and to find that out takes as long as with any other. */
const NOBODYS = ''

/** The mailboxes of users/virtual, which all belong to one account (control/virtualuser). */
export const virtualLookup =
  (home: string): Lookup =>
  ({ login, password }) => {
    const mailbox = login.includes('@') ? findVirtual(home, login) : undefined
    if (mailbox === undefined) {
      if (login.includes('@')) fitsHash(NOBODYS, password)
      return undefined
    }
    const account = virtualAccount(home)
    return { user: { ...account, home: homeOfVirtual(account, mailbox), shell: '' }, isRight: fitsHash(mailbox.hash, password) }
  }
