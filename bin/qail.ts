/**
 * NAME     qail [arg ...]: moves new mail to the mbox, then reads it with Mail
 * RUNS AS  the user whose mail it is
 * FDS      2> why not
 * ENV      MAILDIR, MAIL, MAILTMP: as maildir2mbox; PATH finds Mail
 * EXIT     0 success, or any code of Mail's; 111 trouble with the Maildir, or Mail cannot be run
 * FILES    bin/maildir2mbox
 */
import { run } from '../src/core/run.ts'
import { readWith } from '../src/delivery/mail-reader.ts'

run('qail', readWith('Mail'))
