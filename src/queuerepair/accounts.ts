import { suiteGroup, suiteUser } from '../os/ids.ts'
import type { Folder } from './inventory.ts'
import type { Owner } from './owner.ts'

const OF_QMAILQ: readonly Folder[] = ['mess', 'intd', 'todo']

/** Who the files of each folder belong to, and their mode (spec queue.md 1.2). */
export class Accounts {
  readonly #qmailq: Owner
  readonly #qmails: Owner

  /** Throws Temporary when the accounts are not known. */
  constructor(home: string) {
    const gid = suiteGroup(home, 'qmail')
    this.#qmailq = { uid: suiteUser(home, 'qmailq').uid, gid }
    this.#qmails = { uid: suiteUser(home, 'qmails').uid, gid }
  }

  of(folder: Folder): Owner {
    return OF_QMAILQ.includes(folder) ? this.#qmailq : this.#qmails
  }

  modeOf(folder: Folder): number {
    return OF_QMAILQ.includes(folder) ? 0o644 : 0o600
  }
}
