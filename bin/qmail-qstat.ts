/**
 * NAME     qmail-qstat [--json]: counts the messages of the queue
 * RUNS AS  root, or group qmail; others get zeros
 * FDS      1> two lines, or with --json one object; 2> what could not be read
 * ENV      none
 * EXIT     0 always
 * FILES    queue/mess, queue/todo, queue/log; drop/, which only root and qmailq can list
 *
 * Prints how many messages are in the queue (half-written ones too), and how many of them qmail-send has not taken up yet. What waits
 * in drop/, or stands in the commit log only, is counted in both.
 */

import { countQueue } from '../src/admin/queuewalk.ts'
import { Exit } from '../src/core/exit.ts'
import { writeFd } from '../src/core/fdio.ts'
import { logLine } from '../src/core/logline.ts'
import { run } from '../src/core/run.ts'
import { jsonLine, wantsJson } from '../src/format/json.ts'

run('qmail-qstat', async ({ home, args }) => {
  const { messages, unprocessed, troubles } = await countQueue(home)
  const text = `messages in queue: ${messages}\nmessages in queue but not yet preprocessed: ${unprocessed}\n`
  writeFd(1, wantsJson(args) ? jsonLine({ messages, unprocessed }) : text)
  for (const trouble of troubles) logLine(2, `qmail-qstat: warning: ${trouble}`)
  return Exit.ok
})
