/**
 * NAME     qmail-mfrules: makes control/mailfromrules.cdb from control/mailfromrules (spec modern.md 2.5)
 * RUNS AS  root
 * FDS      2> why not
 * ENV      none
 * EXIT     0 the cdb is the new one; 111 it is the old one (the message says why)
 * FILES    control/mailfromrules, control/mailfromrules.tmp, control/mailfromrules.cdb
 */
import { mailfromRecords } from '../src/admin/mailfrom-rules.ts'
import { Exit } from '../src/core/exit.ts'
import { run } from '../src/core/run.ts'
import { cdbBytes } from '../src/format/cdb.ts'
import { readSource, replaceTable } from '../src/os/table-file.ts'

const UMASK = 0o033

run('qmail-mfrules', ({ home }) => {
  process.umask(UMASK)
  process.chdir(home)
  replaceTable('control/mailfromrules.cdb', 'control/mailfromrules.tmp', cdbBytes(mailfromRecords(readSource('control/mailfromrules'))))
  return Exit.ok
})
