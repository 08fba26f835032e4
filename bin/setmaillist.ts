/**
 * NAME     setmaillist BIN TMP: makes a binary mailing list of lines
 * RUNS AS  anyone
 * FDS      0< lines, 2> why not
 * ENV      none
 * EXIT     0 made, 100 usage, 111 trouble, or a line that cannot be an entry: the old list stays
 * FILES    BIN, and TMP on the same file system; of mode 0644
 */
import { listOfLines } from '../src/aliases/mail-list.ts'
import { toBuffer } from '../src/core/bytes.ts'
import { Exit } from '../src/core/exit.ts'
import { Usage } from '../src/core/failure.ts'
import { readAll } from '../src/core/fdio.ts'
import { run } from '../src/core/run.ts'
import { replaceTable } from '../src/os/table-file.ts'

run('setmaillist', ({ args: [list, temporary] }) => {
  if (list === undefined || temporary === undefined) throw new Usage('setmaillist: usage: setmaillist list.bin list.tmp')
  process.umask(0o033)
  replaceTable(list, temporary, toBuffer(listOfLines(readAll(0).toString('latin1'))))
  return Exit.ok
})
