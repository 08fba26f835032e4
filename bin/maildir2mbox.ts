/**
 * NAME     maildir2mbox: moves the messages of a Maildir to an mbox
 * RUNS AS  the user whose mail it is
 * FDS      2> why not, and warnings
 * ENV      MAILDIR: the Maildir; MAIL: the mbox; MAILTMP: a temporary name on the file system of MAIL
 * EXIT     0 done, or nothing to do; 111 trouble: the old mbox and the messages stand as they were
 * FILES    MAIL, MAIL.lock, MAILTMP, MAILDIR/new, MAILDIR/cur; old files of MAILDIR/tmp are removed
 */
import { run } from '../src/core/run.ts'
import { maildirToMbox } from '../src/delivery/maildir-to-mbox.ts'

run('maildir2mbox', maildirToMbox)
