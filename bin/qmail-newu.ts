/**
 * NAME     qmail-newu: makes users/cdb from users/assign
 * RUNS AS  root
 * FDS      2> why not
 * ENV      none
 * EXIT     0 users/cdb is the new one; 111 it is the old one (the message says why)
 * FILES    users/assign, users/cdb.tmp, users/cdb
 */

import { Exit } from '../src/core/exit.ts'
import { run } from '../src/core/run.ts'
import { assignRecords } from '../src/format/assign-file.ts'
import { cdbBytes } from '../src/format/cdb.ts'
import { readSource, replaceTable } from '../src/os/table-file.ts'

const UMASK = 0o033

run('qmail-newu', ({ home }) => {
  process.umask(UMASK)
  process.chdir(home)
  replaceTable('users/cdb', 'users/cdb.tmp', cdbBytes(assignRecords(readSource('users/assign'))))
  return Exit.ok
})
