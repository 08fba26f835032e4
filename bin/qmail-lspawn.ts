/**
 * NAME     qmail-lspawn defaultdelivery: finds the recipient, becomes it, runs qmail-local
 * RUNS AS  root, under qmail-start; becomes the recipient for qmail-local, and qmailp:nofiles for qmail-getpw. A recipient with uid 0 is refused
 * FDS      0< commands (delivery number, message, sender, recipient), 1> one byte, the limit; then reports, 2> trouble at start
 * ENV      QMAIL_WIDE=1: numbers of two bytes. The rest goes to qmail-local and qmail-getpw, without NODE_* and LD_*
 * EXIT     0 end of commands, all deliveries reported; 100 no argument, 111 cannot start
 * FILES    queue/mess, users/cdb, control/firstgear, bin/qmail-local, bin/qmail-getpw
 *
 * qmail-local and qmail-getpw are kept resident, one qmail-local a user, unless they are not the suite's own or control/firstgear
 * names them; deliveries that run programs or write mboxes are done by a qmail-local of their own. src/spawn/wire.ts.
 */
import { run } from '../src/core/run.ts'
import { serveLspawn } from '../src/lspawn/lspawn.ts'

run('qmail-lspawn', serveLspawn)
