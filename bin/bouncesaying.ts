/**
 * NAME     bouncesaying error [program [arg ...]]: bounces a message, if a program says so
 * RUNS AS  the recipient, from a line of .qmail
 * FDS      0< the message, handed to the program; 2> the error text
 * ENV      handed to the program; PATH finds it
 * EXIT     0 not bounced (the program's code is neither 0 nor 111, or there is none); 100 bounced, saying `error`; 111 the program
 *          said so, or was killed
 * FILES    none
 */
import { Exit } from '../src/core/exit.ts'
import { Usage } from '../src/core/failure.ts'
import { logLine } from '../src/core/logline.ts'
import { run } from '../src/core/run.ts'
import { saysYes } from '../src/delivery/test-program.ts'

run('bouncesaying', ({ args: [error, ...program], env }) => {
  if (error === undefined) throw new Usage('bouncesaying: usage: bouncesaying error [ program [ arg ... ] ]')
  if (program.length > 0 && !saysYes(program, env)) return Exit.ok
  logLine(2, error)
  return Exit.permanent
})
