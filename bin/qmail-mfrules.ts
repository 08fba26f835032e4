/**
 * NAME     qmail-mfrules: makes control/mailfromrules.cdb from control/mailfromrules (spec modern.md 2.5)
 * RUNS AS  root
 * FDS      2> why not
 * ENV      none
 * EXIT     0 the cdb is the new one; 111 it is the old one (the message says why)
 * FILES    control/mailfromrules, control/mailfromrules.tmp, control/mailfromrules.cdb
 */
import { makeControlTable } from '../src/admin/control-table.ts'
import { mailfromRecords } from '../src/admin/mailfrom-rules.ts'
import { run } from '../src/core/run.ts'

run('qmail-mfrules', ({ home }) => makeControlTable(home, 'mailfromrules', mailfromRecords))
