/**
 * NAME     except program [arg ...]: turns a program's answer round
 * RUNS AS  the recipient, from a line of .qmail
 * FDS      0< the message, handed to the program
 * ENV      handed to the program; PATH finds it
 * EXIT     0 the program failed, or there is none; 100 it succeeded; 111 it said so, or was killed
 * FILES    none
 */
import { Exit } from '../src/core/exit.ts'
import { Usage } from '../src/core/failure.ts'
import { run } from '../src/core/run.ts'
import { saysYes } from '../src/delivery/test-program.ts'

run('except', ({ args, env }) => {
  if (args.length === 0) throw new Usage('except: usage: except program [ arg ... ]')
  return saysYes(args, env) ? Exit.permanent : Exit.ok
})
