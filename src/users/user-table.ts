import { existsSync } from 'node:fs'
import { assignRecords } from '../format/assign-file.ts'
import { cdbBytes } from '../format/cdb.ts'
import { readSource, replaceTable } from '../os/table-file.ts'
import { readVirtual, virtualAccount } from './virtual.ts'
import { makeMaildirs } from './virtual-folders.ts'
import { virtualRecords } from './virtual-records.ts'

/** A users/assign without entries. */
const NO_ENTRIES = '.\n'

const ASSIGN = 'users/assign'
const VIRTUAL = 'users/virtual'
const TABLE = 'users/cdb'

/**
 * In the current folder, which is the home, makes users/cdb of users/assign and users/virtual, and the Maildirs that mailboxes of users/virtual lack. users/assign may be missing
 * where the other is there. Temporary, naming file and line, when one is wrong: the old table stays.
 */
export const makeUserTable = (home: string): void => {
  const users = readVirtual(home)
  const text = existsSync(VIRTUAL) && !existsSync(ASSIGN) ? NO_ENTRIES : readSource(ASSIGN)
  const account = users.length > 0 ? virtualAccount(home) : undefined
  const bytes = cdbBytes(assignRecords(text, account ? virtualRecords(home, account, users) : []))
  if (account) makeMaildirs(account, users)
  replaceTable(TABLE, `${TABLE}.tmp`, bytes)
}
