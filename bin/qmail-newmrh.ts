/**
 * NAME     qmail-newmrh: makes control/morercpthosts.cdb from control/morercpthosts
 * RUNS AS  root
 * FDS      2> why not
 * ENV      none
 * EXIT     0 the cdb is the new one; 111 it is the old one (the message says why)
 * FILES    control/morercpthosts, control/morercpthosts.tmp, control/morercpthosts.cdb
 */
import { hostRecords } from '../src/admin/morercpthosts.ts'
import { Exit } from '../src/core/exit.ts'
import { run } from '../src/core/run.ts'
import { cdbBytes } from '../src/format/cdb.ts'
import { readSource, replaceTable } from '../src/os/table-file.ts'

const UMASK = 0o033

run('qmail-newmrh', ({ home }) => {
  process.umask(UMASK)
  process.chdir(home)
  replaceTable('control/morercpthosts.cdb', 'control/morercpthosts.tmp', cdbBytes(hostRecords(readSource('control/morercpthosts'))))
  return Exit.ok
})
