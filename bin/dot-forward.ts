/**
 * NAME     dot-forward [-nN] file ...: does what a .forward file says
 * RUNS AS  the recipient, from a line of .qmail: |dot-forward .forward
 * FDS      0< the message (a file: it is read several times from its start), 2> `dot-forward: info: qp N`, or what -n says
 * ENV      USER, HOST: whose name means a delivery here; UFLINE, RPLINE, DTLINE: lines for commands; NEWSENDER: whom forwarded copies come from
 * EXIT     0 the rest of .qmail is to be done too: no file says anything, or one names the user; 99 done; 100 it will never be; 111 try again
 *          later, or a line cannot be read
 * FILES    the files named, the first that says something; control/ me defaulthost defaultdomain plusdomain
 *          sendmailaliases: they are read as sendmail reads them
 */
import { dotForward } from '../src/aliases/dot-forward.ts'
import { run } from '../src/core/run.ts'

run('dot-forward', dotForward)
