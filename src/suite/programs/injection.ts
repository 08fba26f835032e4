import { rows } from './row.ts'

/** Programs: what users and their programs call to send mail. */
export const injection = rows({
  'qmail-inject': {
    ring: 'U',
    about: 'completes a message and queues it',
    runsAs: 'the caller',
    fds: '0< message, 2> why not',
    npm: ['minimist'],
    budget: 120
  },
  sendmail: {
    ring: 'U',
    about: "takes sendmail's options for qmail-inject",
    runsAs: 'the caller',
    fds: '0< message, 2> why not',
    npm: ['minimist'],
    budget: 120,
    links: ['mailq', 'newaliases']
  }
})
