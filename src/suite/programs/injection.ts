import { rows } from './row.ts'

/** Programs: what users and their programs call to send mail. */
export const injection = rows({
  'qmail-inject': {
    synopsis: 'qmail-inject [-nNaAhH] [-f SENDER] [RECIPIENT ...]\nnew-inject [-nNaAhHFIMRS] [-f SENDER] [RECIPIENT ...]',
    ring: 'U',
    about: 'completes a message and queues it',
    runsAs: 'the caller',
    fds: '0< message, 1> the message (-n), 2> why not',
    npm: ['minimist'],
    budget: 120,
    links: ['new-inject'],
    isQuick: true
  },
  sendmail: {
    synopsis:
      'sendmail [-t] [-f SENDER] [-F NAME] [other options] [RECIPIENT ...]\nsendmail -bp | mailq     sendmail -bs     sendmail -q     sendmail -bi     sendmail -bv ADDRESS ...',
    ring: 'U',
    about: 'what programs expect at /usr/sbin/sendmail',
    runsAs: 'the caller',
    fds: '0< message, 1> text (-bp, -bP, -bv, -bt), SMTP (-bs), 2> why not',
    exits: { 0: 'queued', 64: 'no recipients named', 65: 'no recipients in the header either (-t)', 100: 'permanent failure', 111: 'temporary failure' },
    npm: ['minimist'],
    budget: 160,
    atHome: true,
    links: ['mailq'],
    isQuick: true
  },
  predate: {
    synopsis: 'predate program [arg ...]',
    ring: 'U',
    about: 'puts a Date field in local time before a message',
    runsAs: 'the caller',
    fds: '0< message, 2> why not',
    exits: { 0: "success, or any code of the program's", 100: 'usage', 111: 'it was killed, or cannot be run' },
    budget: 30,
    isQuick: true
  },
  datemail: {
    synopsis: "datemail [sendmail's options] [RECIPIENT ...]",
    ring: 'U',
    about: 'sendmail with a Date field in local time',
    runsAs: 'the caller',
    fds: '0< message, 1> text (-bp), 2> why not',
    exits: { 0: 'queued', 64: 'no recipients named', 65: 'no recipients in the header either (-t)', 100: 'permanent failure', 111: 'temporary failure' },
    budget: 30
  },
  mailsubj: {
    synopsis: 'mailsubj SUBJECT RECIPIENT ...',
    help: false,
    ring: 'U',
    about: 'sends a message with this subject',
    runsAs: 'the caller',
    fds: '0< body, 2> why not',
    npm: ['minimist'],
    budget: 120
  },
  qail: {
    synopsis: 'qail [arg ...]',
    help: false,
    ring: 'U',
    about: 'moves new mail to the mbox, then reads it with Mail',
    runsAs: 'the user whose mail it is',
    fds: '2> why not',
    exits: { 0: "success, or any code of Mail's", 111: 'trouble with the Maildir, or Mail cannot be run' },
    budget: 30
  },
  elq: {
    synopsis: 'elq [arg ...]',
    help: false,
    ring: 'U',
    about: 'moves new mail to the mbox, then reads it with elm',
    runsAs: 'the user whose mail it is',
    fds: '2> why not',
    exits: { 0: "success, or any code of elm's", 111: 'trouble with the Maildir, or elm cannot be run' },
    budget: 30
  },
  pinq: {
    synopsis: 'pinq [arg ...]',
    help: false,
    ring: 'U',
    about: 'moves new mail to the mbox, then reads it with pine',
    runsAs: 'the user whose mail it is',
    fds: '2> why not',
    exits: { 0: "success, or any code of pine's", 111: 'trouble with the Maildir, or pine cannot be run' },
    budget: 30
  }
})
