/**
 * NAME     datemail [sendmail's options] [RECIPIENT ...]: sendmail with a Date field in local time
 * RUNS AS  the caller
 * FDS      0< the message, 1> text of -bp, 2> why not
 * ENV      TZ: the time zone; as sendmail
 * EXIT     0 queued, 64 no recipients, 65 none in the header either (-t), 100 usage, or it will never be; 111 try again later
 * FILES    bin/sendmail
 *
 * A Date field the message has itself stays, as a second one.
 */
import { join } from 'node:path'
import { run } from '../src/core/run.ts'
import { predate } from '../src/inject/predate.ts'

run('datemail', ({ home, args, env }) => predate([join(home, 'bin', 'sendmail'), ...args], env))
