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

/**
 * So many domains' folders, which others may pass through: qmail-rcptd looks there for .qmail files, to tell addresses that nobody has. Then what is only the account's own.
 */
const MAKE = 'umask 066; n=$1; shift; while [ "$n" -gt 0 ]; do mkdir -p -- "$1" || exit; shift; n=$((n-1)); done; umask 077; exec mkdir -p -- "$@"'

/** Makes the Maildirs that mailboxes lack, as the account they belong to: root writes nothing where others may lay links. Temporary when that fails. */
export const makeMaildirs = (account: Account, users: readonly VirtualUser[]): void => {
  const missing = users.filter((user) => !isThere(`${homeOfVirtual(account, user)}/Maildir/new`))
  for (let at = 0; at < missing.length; at += AT_ONCE) {
    const some = missing.slice(at, at + AT_ONCE)
    const domains = [...new Set(some.map(({ domain }) => `${account.home}/${domain}`))]
    const folders = some.flatMap((user) => foldersOf(`${homeOfVirtual(account, user)}/Maildir`))
    const ids = isRoot() ? { uid: account.uid, gid: account.gid } : undefined
    const { code, stderr, error } = runChild('/bin/sh', ['-c', MAKE, 'sh', String(domains.length), ...domains, ...folders], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: ENV,
      cwd: '/',
      ids
    })
    if (code !== 0)
      throw new Temporary(`unable to make Maildirs as ${account.name}: ${error ? reason(error) : (stderr.toString('latin1').split('\n')[0] ?? '')}`)
  }
}
