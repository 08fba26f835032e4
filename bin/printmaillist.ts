/**
 * NAME     printmaillist: prints a binary mailing list, a line an entry
 * RUNS AS  anyone
 * FDS      0< the list, 1> lines, 2> why not
 * ENV      none
 * EXIT     0 success, 100 this is no such list, 111 trouble
 * FILES    none
 */
import { printedList } from '../src/aliases/mail-list.ts'
import { toBuffer } from '../src/core/bytes.ts'
import { Exit } from '../src/core/exit.ts'
import { readAll, writeFd } from '../src/core/fdio.ts'
import { run } from '../src/core/run.ts'

run('printmaillist', () => {
  writeFd(1, toBuffer(printedList(readAll(0).toString('latin1'))))
  return Exit.ok
})
