/**
 * NAME     fastforward [-nNpPdD] CDB: forwards a message by a table of aliases
 * RUNS AS  the recipient, mostly alias, from a line of .qmail: |fastforward -d /etc/aliases.cdb
 * FDS      0< the message (a file: it is read several times from its start), 2> `fastforward: qp N`, or what -n says
 * ENV      RECIPIENT, or with -d DEFAULT (else EXT) and HOST: the address; SENDER: whom the message comes from, unless the list has an owner;
 *          DTLINE: the line before it; all of it goes to programs; PATH finds sh and preline
 * EXIT     0 done, or with -p no such target; 99 done, with -p; 100 no such target, or it will never be; 111 try again later
 * FILES    CDB (setforward, newaliases), the binary lists it names: readable by all; control/sendmailaliases: lists that do not
 *          end in .bin are text, and user+detail is user's
 *
 *   -n  say what would be done   -p  leave unknown addresses to the rest of .qmail   -d  the address is $DEFAULT@$HOST   -N -P -D  not so
 */
import { fastforward } from '../src/aliases/fastforward.ts'
import { run } from '../src/core/run.ts'

run('fastforward', fastforward)
