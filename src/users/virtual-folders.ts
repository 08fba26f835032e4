import { statSync } from 'node:fs'
import type { Bytes } from '../core/bytes.ts'
import { reason, Temporary } from '../core/failure.ts'
import { runChild } from '../os/child.ts'
import { type Account, isRoot } from '../os/ids.ts'
import { homeOfVirtual } from './virtual.ts'
import type { VirtualUser } from './virtual-file.ts'

/** So many folders are made by one process. */
const AT_ONCE = 500
const ENV = { PATH: '/usr/bin:/bin' }

const isThere = (path: Bytes): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined

const foldersOf = (maildir: Bytes): Bytes[] => ['tmp', 'new', 'cur'].map((part) => `${maildir}/${part}`)

/** Makes the Maildirs that mailboxes lack, as the account they belong to: root writes nothing where others may lay links. Temporary when that fails. */
export const makeMaildirs = (account: Account, users: readonly VirtualUser[]): void => {
  const missing = users.map((user) => `${homeOfVirtual(account, user)}/Maildir`).filter((maildir) => !isThere(`${maildir}/new`))
  for (let at = 0; at < missing.length; at += AT_ONCE) {
    const folders = missing.slice(at, at + AT_ONCE).flatMap(foldersOf)
    const ids = isRoot() ? { uid: account.uid, gid: account.gid } : undefined
    const { code, stderr, error } = runChild('/bin/sh', ['-c', 'umask 077; exec mkdir -p -- "$@"', 'sh', ...folders], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: ENV,
      cwd: '/',
      ids
    })
    if (code !== 0)
      throw new Temporary(`unable to make Maildirs as ${account.name}: ${error ? reason(error) : (stderr.toString('latin1').split('\n')[0] ?? '')}`)
  }
}
