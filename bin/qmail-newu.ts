/**
 * NAME     qmail-newu: makes users/cdb from users/assign
 * RUNS AS  root
 * FDS      2> why not
 * ENV      none
 * EXIT     0 users/cdb is the new one; 111 it is the old one (the message says why)
 * FILES    users/assign, users/virtual (mailboxes without accounts: qmail-vuser), users/cdb.tmp, users/cdb; control/virtualuser; the Maildirs
 *          of mailboxes in users/virtual are made if they are missing
 */
import { Exit } from '../src/core/exit.ts'
import { run } from '../src/core/run.ts'
import { makeUserTable } from '../src/users/user-table.ts'

const UMASK = 0o033

run('qmail-newu', ({ home }) => {
  process.umask(UMASK)
  process.chdir(home)
  makeUserTable(home)
  return Exit.ok
})
