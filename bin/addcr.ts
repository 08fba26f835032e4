/**
 * NAME     addcr: puts a CR before every LF (spec network.md 2.4)
 * RUNS AS  whoever runs it
 * FDS      0< text, 1> text
 * ENV      none
 * EXIT     0 end of input, 111 trouble
 * FILES    none
 *
 * One that has a CR already gets another.
 */
import { Exit } from '../src/core/exit.ts'
import { run } from '../src/core/run.ts'
import { addCr } from '../src/format/crlf.ts'
import { filterThrough } from '../src/ucspi/filter.ts'

run('addcr', () => {
  filterThrough(addCr())
  return Exit.ok
})
