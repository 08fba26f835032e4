/**
 * NAME     predate program [arg ...]: puts a Date field in local time before a message
 * RUNS AS  the caller
 * FDS      0< the message; the program reads a pipe with the Date field, then the message; 2> why not
 * ENV      TZ: the time zone; PATH finds the program, which gets all of the environment
 * EXIT     0 success, or any code of the program's; 100 usage; 111 it was killed, or cannot be run
 * FILES    none
 */
import { run } from '../src/core/run.ts'
import { predate } from '../src/inject/predate.ts'

run('predate', ({ args, env }) => predate(args, env))
