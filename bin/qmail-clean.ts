/**
 * NAME     qmail-clean: removes queue files that qmail-send may not remove
 * RUNS AS  qmailq:qmail, under qmail-start
 * FDS      0< commands `foop/ID` NUL (the message) or `todo/ID` NUL (its envelope), 1> one byte each: + done, ! could not, x not a command
 * ENV      none
 * EXIT     0 end of commands, 100 cannot answer, 111 cannot enter the queue
 * FILES    queue/intd, queue/mess, queue/todo; queue/pid
 *
 * queue/pid is swept of what is older than 36 hours, at the start and after every 31st command.
 */

import { serveCleaning } from '../src/clean/loop.ts'
import { run } from '../src/core/run.ts'
import { queueFolder } from '../src/queue/paths.ts'

run('qmail-clean', ({ home }) => {
  process.chdir(queueFolder(home))
  return serveCleaning()
})
