/**
 * NAME     pinq [arg ...]: moves new mail from the Maildir to the mbox, then reads it with pine
 * RUNS AS  the user whose mail it is
 * FDS      all of them are pine's; 2> why not
 * ENV      MAILDIR, MAIL, MAILTMP: as maildir2mbox; PATH finds pine
 * EXIT     pine's; maildir2mbox's when it fails; 111 pine cannot be run
 * FILES    bin/maildir2mbox
 */
import { run } from '../src/core/run.ts'
import { readWith } from '../src/delivery/mail-reader.ts'

run('pinq', readWith('pine'))
