/**
 * NAME     recordio program [ arg ... ]: writes down what a program and its peer say to each other (spec network.md 2.6)
 * RUNS AS  whoever runs it, under tcpserver
 * FDS      0< 1> the peer, 2> the record; the program: 0< 1> pipes; the copying process: 0< 1> the peer, 3> 4< the program
 * ENV      all of it is handed on
 * EXIT     the program's; 100 usage, 111 the program cannot be run
 * FILES    /proc/PID/fd: of a shell that makes the pipes
 *
 * Each packet becomes lines `PID < text` (from the peer) and `PID > text` (from the program), ended by a blank where a line ended, by `+` where
 * it did not; `[EOF]` says that there was no more. The program runs in this process; a second one copies.
 */

import { writeFd } from '../src/core/fdio.ts'
import { run } from '../src/core/run.ts'
import { copyBetween, type Direction, runBetween } from '../src/ucspi/between.ts'
import { recordLines } from '../src/ucspi/record.ts'

const recorded = (pid: string, arrow: '<' | '>'): Direction => ({
  push: (chunk) => {
    writeFd(2, recordLines(`${pid} ${arrow} `, chunk))
    return chunk
  },
  end: () => writeFd(2, `${pid} ${arrow} [EOF]\n`)
})

run('recordio', (context) => {
  if (context.resident) return copyBetween(context, recorded)
  return runBetween(context, 'recordio')
})
