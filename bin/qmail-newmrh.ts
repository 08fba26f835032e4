/**
 * NAME     qmail-newmrh: makes control/morercpthosts.cdb from control/morercpthosts
 * RUNS AS  root
 * FDS      2> why not
 * ENV      none
 * EXIT     0 the cdb is the new one; 111 it is the old one (the message says why)
 * FILES    control/morercpthosts, control/morercpthosts.tmp, control/morercpthosts.cdb
 */
import { makeControlTable } from '../src/admin/control-table.ts'
import { hostRecords } from '../src/admin/morercpthosts.ts'
import { run } from '../src/core/run.ts'

run('qmail-newmrh', ({ home }) => makeControlTable(home, 'morercpthosts', hostRecords))
