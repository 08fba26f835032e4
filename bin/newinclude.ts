/**
 * NAME     newinclude LIST: makes the binary mailing list of an :include: file
 * RUNS AS  anyone
 * FDS      2> why not
 * ENV      none
 * EXIT     0 made, 100 usage, 111 trouble, or a line that cannot be read: the old list stays
 * FILES    LIST, LIST.tmp, LIST.bin of mode 0644; control/ me defaulthost defaultdomain plusdomain
 */
import { listOfInclude } from '../src/aliases/include-file.ts'
import { readDomains } from '../src/aliases/qualify.ts'
import { toBuffer } from '../src/core/bytes.ts'
import { Exit } from '../src/core/exit.ts'
import { Usage } from '../src/core/failure.ts'
import { run } from '../src/core/run.ts'
import { readSource, replaceTable } from '../src/os/table-file.ts'

run('newinclude', ({ args: [list], home }) => {
  if (list === undefined) throw new Usage('newinclude: usage: newinclude list')
  process.umask(0o033)
  replaceTable(`${list}.bin`, `${list}.tmp`, toBuffer(listOfInclude(list, readSource(list), readDomains(home))))
  return Exit.ok
})
