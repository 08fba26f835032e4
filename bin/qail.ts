/**
 * NAME     qail [arg ...]: moves new mail from the Maildir to the mbox, then reads it with Mail
 * RUNS AS  the user whose mail it is
 * FDS      all of them are Mail's; 2> why not
 * ENV      MAILDIR, MAIL, MAILTMP: as maildir2mbox; PATH finds Mail
 * EXIT     Mail's; maildir2mbox's when it fails; 111 Mail cannot be run
 * FILES    bin/maildir2mbox
 */
import { run } from '../src/core/run.ts'
import { readWith } from '../src/delivery/mail-reader.ts'

run('qail', readWith('Mail'))
