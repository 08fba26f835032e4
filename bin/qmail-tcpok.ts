/**
 * NAME     qmail-tcpok: forgets the addresses that timed out (spec network.md 7)
 * RUNS AS  root or qmailr:qmail
 * FDS      2> why not
 * ENV      none
 * EXIT     0 forgotten; 111 trouble
 * FILES    queue/lock/tcpto
 */

import { join } from 'node:path'
import { clearTimeouts } from '../src/admin/tcpto.ts'
import { Exit } from '../src/core/exit.ts'
import { run } from '../src/core/run.ts'

run('qmail-tcpok', ({ home }) => {
  process.chdir(join(home, 'queue', 'lock'))
  clearTimeouts(home)
  return Exit.ok
})
