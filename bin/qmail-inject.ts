/**
 * NAME     qmail-inject, new-inject: completes a message and queues it
 * RUNS AS  the caller
 * FDS      0< the message, 1> the message, with -n; 2> why not, one line
 * ENV      QMAILUSER, MAILUSER, USER, LOGNAME: user of the From field made (the first that is set); QMAILHOST, MAILHOST: its host;
 *          QMAILNAME, MAILNAME, NAME: its personal name; QMAILSUSER, QMAILSHOST: user and host of the envelope sender;
 *          QMAILDEFAULTHOST, QMAILDEFAULTDOMAIN, QMAILPLUSDOMAIN, QMAILIDHOST: instead of the control file of that name;
 *          QMAILINJECT, letters: c comment form of the name; s, f, i ignore Return-Path, From, Message-ID; r, m a sender per recipient,
 *          per message; QMAILMFTFILE: list of mailing-list addresses, add Mail-Followup-To when one is in To or Cc;
 *          QMAILREWRITEFILE: instead of control/rewriting, where it is there;
 *          QMAILQUEUE: program to run instead of bin/qmail-queue
 * EXIT     0 queued, 100 it will never be (usage, unreadable sender field, refused), 111 try again later
 * FILES    control/ me defaultdomain defaulthost plusdomain idhost rewriting
 *
 *   qmail-inject [-nNaAhH] [-f SENDER] [RECIPIENT ...]
 *   new-inject [-nNaAhHFIMRS] [-f SENDER] [RECIPIENT ...]
 *
 * Reads a message, adds the header fields it lacks, completes its addresses, takes Bcc, Return-Path and Content-Length out,
 * and queues it. Sender: -f, else Return-Path, else by the environment.
 *   -a  recipients are the arguments only     -h  the header's only     -H  both
 *   -A  the arguments if there are any, else the header's (the default)
 *   -f SENDER  the envelope sender            -n  print the message, queue nothing   -N  queue it (the default)
 * Called as new-inject: -F -I -M -R -S  are the letters f i m r s of QMAILINJECT, which may be capitals there; -n prints the whole envelope,
 * as Envelope-Sender and Envelope-Recipients.
 * Where there is control/rewriting, it decides what becomes of hosts, in place of defaulthost, defaultdomain and plusdomain.
 */
import { run } from '../src/core/run.ts'
import { injectMessage } from '../src/inject/inject.ts'
import { messageOn } from '../src/inject/message-source.ts'

const MESSAGE_FD = 0

run('qmail-inject', (context) => injectMessage(context, messageOn(MESSAGE_FD)))
