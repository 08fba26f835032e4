import { chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cdbBytes } from '../../src/format/cdb.ts'
import { type Home, isRoot } from './home.ts'

/** A recipient of the tests: its home folder, and as root a uid and gid that nobody else has. */
export interface TestUser {
  name: string
  uid: number
  gid: number
  home: string
  /** Lays a file in the user's home, owned by the user. */
  lay: (name: string, text: string) => string
  /** Makes a Maildir there, owned by the user; its path. */
  maildir: (name?: string) => string
}

const FIRST_UID = 64_200

const own = (path: string, user: { uid: number; gid: number }): string => {
  if (isRoot) chownSync(path, user.uid, user.gid)
  return path
}

/** Makes users known through users/cdb: `name` and `name-anything` go to the user's home below the installation. */
export const makeUsers = (home: Home, names: string[]): TestUser[] => {
  const users = names.map((name, i): TestUser => {
    const ids = isRoot ? { uid: FIRST_UID + i, gid: FIRST_UID + i } : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
    const folder = home.at('homes', name)
    mkdirSync(folder, { recursive: true, mode: 0o755 })
    own(folder, ids)
    const lay = (file: string, text: string): string => {
      writeFileSync(join(folder, file), Buffer.from(text, 'latin1'))
      return own(join(folder, file), ids)
    }
    const maildir = (file = 'Maildir'): string => {
      mkdirSync(join(folder, file))
      for (const part of ['tmp', 'new', 'cur']) {
        mkdirSync(join(folder, file, part))
        own(join(folder, file, part), ids)
      }
      return own(join(folder, file), ids)
    }
    return { name, ...ids, home: folder, lay, maildir }
  })
  const records = users.flatMap((u) => {
    const data = [u.name, u.uid, u.gid, u.home].join('\0')
    return [[`!${u.name}\0`, `${data}\0\0`] as const, [`!${u.name}-`, `${data}\0-\0`] as const]
  })
  writeFileSync(home.at('users', 'cdb'), cdbBytes([...records, ['', '-']]))
  return users
}
