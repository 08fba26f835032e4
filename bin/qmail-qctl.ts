/**
 * NAME     qmail-qctl: looks at the messages of the queue, and changes what becomes of them
 * RUNS AS  root
 * FDS      1> messages; 2> how many, progress on a terminal, what could not be done
 * ENV      none
 * EXIT     0 done, 100 usage, or not allowed, 111 something could not be done, or qmail-send is not running
 * FILES    run/ctl/socket: the running qmail-send does it all; queue/, which list reads when it is not there
 *
 *     qmail-qctl COMMAND [ID ...] [--sender PATTERN] [--recipient PATTERN] [--domain PATTERN] [--older TIME] [--younger TIME] [--state STATE] [--all] [--json] [--dry-run]
 *     qmail-qctl flush DOMAIN
 *
 * Commands: list, show (headers), hold, release, retry, delete, bounce, flush DOMAIN.
 */
import { run } from '../src/core/run.ts'
import { qctl } from '../src/qctl/qctl.ts'

run('qmail-qctl', qctl)
