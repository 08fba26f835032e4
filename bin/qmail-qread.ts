/**
 * NAME     qmail-qread [--json | --table]: lists the messages of the queue
 * RUNS AS  root, or qmails:qmail
 * FDS      1> the list, warnings and what is fatal; 2> who may list it, that drop/ cannot be listed
 * ENV      none
 * EXIT     0 listed, 111 the queue cannot be read
 * FILES    queue/ info mess local remote bounce log; drop/, which only root and qmailq can list
 *
 * A line for each message that has been preprocessed: when it came, its number, its size, its sender; then a line for each
 * recipient, with the word done in front if it is. Then messages that wait in drop/, with their file's name as number. With --json one object a line says the same, with --table
 * a table in the shape of sendmail's mailq. Not a snapshot: a message
 * that vanishes meanwhile gives a warning.
 */

import { type ListForm, listQueue } from '../src/admin/qread.ts'
import { run } from '../src/core/run.ts'

const FORMS: Record<string, ListForm> = { '--json': 'json', '--table': 'table' }

run('qmail-qread', ({ home, args }) => listQueue(home, FORMS[args[0] ?? ''] ?? 'text'))
