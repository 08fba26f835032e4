/**
 * NAME     elq [arg ...]: moves new mail from the Maildir to the mbox, then reads it with elm
 * RUNS AS  the user whose mail it is
 * FDS      all of them are elm's; 2> why not
 * ENV      MAILDIR, MAIL, MAILTMP: as maildir2mbox; PATH finds elm
 * EXIT     elm's; maildir2mbox's when it fails; 111 elm cannot be run
 * FILES    bin/maildir2mbox
 */
import { run } from '../src/core/run.ts'
import { readWith } from '../src/delivery/mail-reader.ts'

run('elq', readWith('elm'))
