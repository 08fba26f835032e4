import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSetting } from '../control/read.ts'
import type { Bytes } from '../core/bytes.ts'
import { Temporary } from '../core/failure.ts'
import { readNamedIfThere } from '../core/if-there.ts'
import { type Account, accountIn } from '../os/ids.ts'
import { parseVirtual, type VirtualUser, virtualIn } from './virtual-file.ts'

/** Where the mailboxes without system accounts stand. */
export const virtualFile = (home: string): string => join(home, 'users', 'virtual')

const textOf = (home: string): Bytes => readNamedIfThere(virtualFile(home), 'users/virtual') ?? ''

/** All of them; none when there is no such file. Temporary when it cannot be read, or a line is wrong. */
export const readVirtual = (home: string): VirtualUser[] => parseVirtual(textOf(home))

/** The mailbox of an address, for whoever checks passwords; undefined: there is none. Temporary when the file cannot be read, or its own line is wrong. */
export const findVirtual = (home: string, address: Bytes): VirtualUser | undefined => virtualIn(textOf(home), address)

/** The account all mailboxes belong to: control/virtualuser, a name of /etc/passwd or `name:uid:gid:home`. Temporary when it is unknown, or root. */
export const virtualAccount = (home: string): Account => {
  const setting = readSetting(home, 'virtualuser') ?? ''
  const [name = '', uid, gid, folder] = setting.split(':')
  const account = uid === undefined ? accountIn(readFileSync('/etc/passwd', 'latin1'), name) : accountIn(`${name}:x:${uid}:${gid}::${folder}:`, name)
  if (account === undefined || !account.home.startsWith('/')) throw new Temporary(`unable to find user ${name} for users/virtual (control/virtualuser)`)
  if (account.uid === 0) throw new Temporary('users/virtual must not belong to root (control/virtualuser)')
  return account
}

/** The folder a mailbox has for a home: below the account's, its domain, its box. */
export const homeOfVirtual = ({ home }: Account, { box, domain }: Pick<VirtualUser, 'box' | 'domain'>): Bytes => `${home}/${domain}/${box}`
