import { rows } from './row.ts'

/** Programs: what users and their programs call to send mail. */
export const injection = rows({
  'qmail-inject': {
    synopsis: 'qmail-inject [-nNaAhH] [-f SENDER] [RECIPIENT ...]',
    ring: 'U',
    about: 'completes a message and queues it',
    runsAs: 'the caller',
    fds: '0< message, 1> the message (-n), 2> why not',
    npm: ['minimist'],
    budget: 120
  },
  sendmail: {
    synopsis: 'sendmail [-t] [-f SENDER] [-F NAME] [other options] [RECIPIENT ...]\nsendmail -bp | mailq     sendmail -bs     sendmail -q     sendmail -bi',
    ring: 'U',
    about: 'what programs expect at /usr/sbin/sendmail',
    runsAs: 'the caller',
    fds: '0< message, 1> text (-bp, -bP), SMTP (-bs), 2> why not',
    exits: { 0: 'queued', 64: 'no recipients named', 65: 'no recipients in the header either (-t)', 100: 'permanent failure', 111: 'temporary failure' },
    npm: ['minimist'],
    budget: 120,
    atHome: true,
    links: ['mailq']
  }
})
