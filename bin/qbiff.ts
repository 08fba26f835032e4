/**
 * NAME     qbiff: tells the user of new mail on the terminal
 * RUNS AS  the recipient, from a line of .qmail
 * FDS      0< the message
 * ENV      USER: whose terminals; LOCAL, SENDER: shown
 * EXIT     0 always
 * FILES    /var/run/utmp, terminals in /dev
 */
import { run } from '../src/core/run.ts'
import { biff } from '../src/delivery/biff.ts'

run('qbiff', biff)
