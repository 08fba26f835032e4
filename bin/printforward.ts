/**
 * NAME     printforward: prints fastforward's table, as setforward reads it
 * RUNS AS  anyone
 * FDS      0< the table, 1> instructions, 2> why not
 * ENV      none
 * EXIT     0 success, 100 this is no such table, 111 trouble
 * FILES    none
 */
import { printedRecord } from '../src/aliases/set-forward.ts'
import { toBuffer } from '../src/core/bytes.ts'
import { Exit } from '../src/core/exit.ts'
import { readAll, writeFd } from '../src/core/fdio.ts'
import { run } from '../src/core/run.ts'
import { cdbRecords } from '../src/format/cdb.ts'

run('printforward', () => {
  for (const record of cdbRecords(readAll(0))) writeFd(1, toBuffer(printedRecord(record)))
  return Exit.ok
})
