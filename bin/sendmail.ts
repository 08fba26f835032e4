/**
 * NAME     sendmail, mailq: what programs expect at /usr/sbin/sendmail
 * RUNS AS  the caller
 * FDS      0< the message, 1> -bp, -bs, -bP, -bv, -bt only; 2> why not, one line
 * ENV      as qmail-inject; without QMAILUSER, MAILUSER, USER and LOGNAME, USER is the name of the caller's uid. -bs: unless PROTO is
 *          set, RELAYCLIENT, DATABYTES and the TCP variables are set for qmail-smtpd
 * EXIT     0 queued, 64 no recipients, 65 none in the header either (-t), 100 usage, or it will never be; 111 try again later; -bp, -bs, -bi: the other program's
 * FILES    bin/qmail-inject (called within this process when it is the suite's own), bin/qmail-qread, bin/qmail-qstat, bin/qmail-smtpd,
 *          bin/newaliases; -bv, -bt: bin/qmail-getpw, users/cdb, control/ locals virtualdomains percenthack envnoathost smtproutes, .qmail files
 *
 *   sendmail [-t] [-f SENDER] [-F NAME] [other options] [RECIPIENT ...]
 *   sendmail -bp | mailq     sendmail -bs     sendmail -q     sendmail -bi     sendmail -bv ADDRESS ...
 *
 * Submits the message on descriptor 0 as qmail-inject does. If its first line ends in CR LF, all lines lose their CR; lines `>From `
 * at its start are dropped. RECIPIENT and SENDER are addresses as in a header field, RECIPIENT may be a list of them
 * (`a@example.org,Joe <b@example.org>`); who is named twice gets the message once.
 *   -t         recipients are the arguments and those of the header (else the arguments only)
 *   -f, -r SENDER  envelope sender, and From if the message has none; <> and '' are the null sender; cancels -F
 *   -F NAME    personal name of a From that is made
 *   -bm        submit (the default)        -bs   speak SMTP on descriptors 0 and 1 (qmail-smtpd); relaying is open
 *   -bp        list the queue (qmail-qread)    -bP   print how many messages it holds
 *   -bi, -I    rebuild the alias data base: newaliases
 *   -bh, -bH   nothing, successfully      -q...  have qmail-send try everything now, if the caller may; submit nothing
 *   -bv, -bt  say where each address would go, by the look-ups of delivery, and submit nothing: exit 0 deliverable, 100 not, 111 cannot be told;
 *             -bt without one reads addresses from descriptor 0, a line each. What programs in .qmail files do is not looked into
 *   -bd -bD -bl and the rest, -Q   refused
 *   -v -i -m -x -n -G -U -c -4 -6, -a -e -o -p -B -A -C -D -h -L -O -N -R -V -X ARGUMENT, -E... -J... -d...   accepted, without effect
 *   --read-recipients, --from=SENDER, --read-envelope-from, --account=NAME, --file=FILE   msmtp's words: -t, -f, and nothing
 * Called as mailq it lists the queue, called as newaliases it refuses: bin/newaliases is a program of its own.
 */
import { run } from '../src/core/run.ts'
import { sendmail } from '../src/inject/sendmail.ts'

run('sendmail', sendmail)
