import { rows } from './row.ts'

/** Programs: what speaks to the network, and what is chained before it. */
export const network = rows({
  'qmail-smtpd': {
    ring: 'N',
    about: 'receives mail by SMTP',
    runsAs: 'qmaild:nofiles',
    fds: '0<1> network, 2> log',
    exits: { 0: 'QUIT', 1: 'anything else' },
    secondGear: { about: 'resident under tcpserver -w', permissions: ['read:control'] },
    budget: 150
  },
  tcpserver: {
    ring: 'N',
    about: 'accepts connections and runs a program for each',
    runsAs: 'root to bind, then -u/-g',
    fds: '1> port (-1), 2> log; the program: 0<1> connection',
    exits: { 0: 'stopped by SIGTERM', 100: 'usage', 111: 'cannot start' },
    permissions: ['read:*', 'net', 'child'],
    budget: 150
  }
})
