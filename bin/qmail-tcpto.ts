/**
 * NAME     qmail-tcpto: lists the addresses that timed out lately (spec network.md 7)
 * RUNS AS  root or qmailr:qmail
 * FDS      1> text, trouble too
 * ENV      none
 * EXIT     0 listed; 111 trouble
 * FILES    queue/lock/tcpto
 */

import { join } from 'node:path'
import { timeoutLines } from '../src/admin/tcpto.ts'
import { Exit } from '../src/core/exit.ts'
import { reason } from '../src/core/failure.ts'
import { writeFd } from '../src/core/fdio.ts'
import { run } from '../src/core/run.ts'

const SECOND = 1000

run('qmail-tcpto', ({ home }) => {
  try {
    process.chdir(join(home, 'queue', 'lock'))
    writeFd(1, timeoutLines(Math.floor(Date.now() / SECOND)))
    return Exit.ok
  } catch (error) {
    writeFd(1, `fatal: ${reason(error)}\n`)
    return Exit.temporary
  }
})
