/**
 * NAME     fixcrio program [ arg ... ]: gives both directions of a conversation the CRs before LF that they lack (spec network.md 2.6)
 * RUNS AS  whoever runs it, under tcpserver
 * FDS      0< 1> the peer; the program: 0< 1> pipes; the copying process: 0< 1> the peer, 3> 4< the program
 * ENV      all of it is handed on
 * EXIT     the program's; 100 usage, 111 the program cannot be run
 * FILES    /proc/PID/fd: of a shell that makes the pipes
 *
 * The program runs in this process; a second one copies.
 */

import { run } from '../src/core/run.ts'
import { fixCr } from '../src/format/crlf.ts'
import { copyBetween, runBetween } from '../src/ucspi/between.ts'

run('fixcrio', (context) => {
  if (context.resident) return copyBetween(context, () => ({ push: fixCr().push, end: () => {} }))
  return runBetween(context, 'fixcrio')
})
