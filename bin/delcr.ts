/**
 * NAME     delcr: takes the CR off before every LF (spec network.md 2.4)
 * RUNS AS  whoever runs it
 * FDS      0< text, 1> text
 * ENV      none
 * EXIT     0 end of input, 111 trouble
 * FILES    none
 *
 * One CR only; other CRs stay, one at the end of the input too.
 */
import { Exit } from '../src/core/exit.ts'
import { run } from '../src/core/run.ts'
import { delCr } from '../src/format/crlf.ts'
import { filterThrough } from '../src/ucspi/filter.ts'

run('delcr', () => {
  filterThrough(delCr())
  return Exit.ok
})
