/**
 * NAME     mailsubj SUBJECT RECIPIENT ...: sends a message with this subject
 * RUNS AS  the caller
 * FDS      0< the body, 2> why not, one line
 * ENV      as qmail-inject
 * EXIT     0 queued, 100 usage, or it will never be; 111 try again later
 * FILES    bin/qmail-inject (called within this process when it is the suite's own)
 *
 * SUBJECT and RECIPIENT are text of the header, written as they are: what needs quotes there is to come with them.
 */
import { run } from '../src/core/run.ts'
import { mailsubj } from '../src/inject/mailsubj.ts'

run('mailsubj', mailsubj)
