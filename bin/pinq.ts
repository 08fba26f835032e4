/**
 * NAME     pinq [arg ...]: moves new mail to the mbox, then reads it with pine
 * RUNS AS  the user whose mail it is
 * FDS      2> why not
 * ENV      MAILDIR, MAIL, MAILTMP: as maildir2mbox; PATH finds pine
 * EXIT     0 success, or any code of pine's; 111 trouble with the Maildir, or pine cannot be run
 * FILES    bin/maildir2mbox
 */
import { run } from '../src/core/run.ts'
import { readWith } from '../src/delivery/mail-reader.ts'

run('pinq', readWith('pine'))
