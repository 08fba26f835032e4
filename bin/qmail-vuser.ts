/**
 * NAME     qmail-vuser: keeps users/virtual, the mailboxes without system accounts
 * RUNS AS  root
 * FDS      0< the password: asked for twice on a terminal, else the first line; 1> the list; 2> questions, and why not
 * ENV      none
 * EXIT     0 done; 100 usage, no such mailbox, there already, or a wrong value; 111 trouble: all is as it was
 * FILES    users/virtual of mode 0600 and users/virtual.lock; users/assign, users/cdb (as qmail-newu); control/virtualuser: the account
 *          they all belong to, its home holds DOMAIN/BOX/Maildir; control/virtualdomains
 *
 *   qmail-vuser add [-q QUOTA] [-f ADDRESS,...] BOX@DOMAIN
 *   qmail-vuser set [-q QUOTA] [-f ADDRESS,...] BOX@DOMAIN
 *   qmail-vuser passwd BOX@DOMAIN
 *   qmail-vuser remove BOX@DOMAIN
 *   qmail-vuser list [DOMAIN]
 * QUOTA is Maildir++'s (50M, 1G, 10000C for messages), '' for none. Mail goes to the addresses of -f instead; with the mailbox's own among them
 * it is kept as well. What is removed keeps its mail on the disk. Changes to users/virtual by hand take qmail-newu.
 */
import { vuser } from '../src/admin/vuser.ts'
import { run } from '../src/core/run.ts'

run('qmail-vuser', vuser)
