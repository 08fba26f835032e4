/**
 * NAME     deliverquota MAILDIR [QUOTA]: delivers into a Maildir that has a quota
 * RUNS AS  the recipient, from a line of .qmail: |deliverquota ./Maildir 50M
 * FDS      0< the message (a file), 2> why not
 * ENV      RPLINE, DTLINE: the lines before it
 * EXIT     0 delivered; 100 usage, or over quota, with control/quotabounce; 111 over quota without it, or trouble
 * FILES    MAILDIR, and in it maildirsize (Maildir++), which dovecot and courier keep too; control/quotabounce
 *
 * QUOTA: bytes (K, M, G), messages with a C, or both: 50M, 1000C, 10000000S,500C. Without it the one that MAILDIR/maildirsize begins with; without
 * that there is none. The trash does not count. Names of messages carry their size (,S=).
 */
import { run } from '../src/core/run.ts'
import { deliverQuota } from '../src/local/deliverquota.ts'

run('deliverquota', deliverQuota)
