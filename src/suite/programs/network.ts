import { rows } from './row.ts'

/** Programs: what speaks to the network, and what is chained before it. */
export const network = rows({
  'qmail-smtpd': {
    ring: 'N',
    about: 'receives mail by SMTP',
    runsAs: 'qmaild:nofiles',
    fds: '0<1> network, 2> log (resident: 3<> connections)',
    exits: { 0: 'QUIT', 1: 'anything else' },
    secondGear: { about: 'resident under tcpserver -w', permissions: ['read:control'] },
    budget: 150
  },
  tcpserver: {
    synopsis:
      'tcpserver [ -1UXpPhHrRoOdDqQv46 ] [ -c limit ] [ -x rules.cdb ] [ -B banner ] [ -g gid ] [ -u uid ] [ -b backlog ]\n          [ -l localname ] [ -t timeout ] [ -w workers ] host port program [ arg ... ]',
    ring: 'N',
    about: 'accepts connections and runs a program for each',
    runsAs: 'root to bind, then -u and -g',
    fds: '1> port (-1), 2> log; the program: 0<1> connection',
    exits: { 0: 'stopped by SIGTERM', 100: 'usage', 111: 'cannot start' },
    permissions: ['read:*', 'net', 'child'],
    budget: 150
  }
})
