/**
 * NAME     elq [arg ...]: moves new mail to the mbox, then reads it with elm
 * RUNS AS  the user whose mail it is
 * FDS      2> why not
 * ENV      MAILDIR, MAIL, MAILTMP: as maildir2mbox; PATH finds elm
 * EXIT     0 success, or any code of elm's; 111 trouble with the Maildir, or elm cannot be run
 * FILES    bin/maildir2mbox
 */
import { run } from '../src/core/run.ts'
import { readWith } from '../src/delivery/mail-reader.ts'

run('elq', readWith('elm'))
