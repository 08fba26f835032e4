/**
 * NAME     queue-repair [--repair] [--spill]: checks the queue, and mends it
 * RUNS AS  root; in a one-user installation the one user
 * FDS      1> what is wrong, a line each; 2> how much, why not
 * ENV      none
 * EXIT     0 nothing is wrong, or all was mended; 1 something is wrong; 100 usage; 111 qmail-send or qmail-queued is running, or the queue cannot be entered
 * FILES    queue/; lib/ids, else /etc/passwd and /etc/group
 */
import { run } from '../src/core/run.ts'
import { repair } from '../src/queuerepair/repair.ts'

run('queue-repair', repair)
