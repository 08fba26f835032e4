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
  },
  tcprules: {
    ring: 'A',
    about: 'compiles rules for tcpserver',
    runsAs: 'whoever owns the rules',
    fds: '0< rules, 2> why not',
    exits: { 0: 'made', 100: 'usage, or a line that is no rule', 111: 'trouble; the old ones stay' },
    budget: 40
  },
  tcprulescheck: {
    ring: 'A',
    about: 'says what rules do with a peer',
    runsAs: 'whoever may read the rules',
    fds: '1> text',
    exits: { 0: 'answered', 100: 'usage', 111: 'the rules cannot be read' },
    permissions: ['read:*'],
    budget: 40
  },
  tcpclient: {
    ring: 'N',
    about: 'connects, and runs a program with the connection',
    runsAs: 'whoever runs it',
    fds: '2> why not; the program: 6<7> connection',
    exits: { 100: 'usage', 111: 'no connection' },
    permissions: ['read:*', 'net', 'child'],
    budget: 60
  },
  'tcp-env': {
    ring: 'N',
    about: 'sets the TCP variables for a program of inetd',
    runsAs: 'whoever inetd runs it as',
    fds: '0<1> connection',
    exits: { 111: 'trouble, without a message' },
    permissions: ['read:*', 'net', 'child'],
    budget: 60
  },
  recordio: {
    ring: 'N',
    about: 'writes down what a program and its peer say',
    runsAs: 'whoever runs it',
    fds: '0<1> peer, 2> record',
    exits: { 100: 'usage', 111: 'the program cannot be run' },
    permissions: ['read:*', 'write:/tmp', 'child'],
    secondGear: { about: 'the copying process beside the program', permissions: [] },
    budget: 60
  },
  fixcrio: {
    ring: 'N',
    about: 'adds the CRs that a conversation lacks',
    runsAs: 'whoever runs it',
    fds: '0<1> peer',
    exits: { 100: 'usage', 111: 'the program cannot be run' },
    permissions: ['read:*', 'write:/tmp', 'child'],
    secondGear: { about: 'the copying process beside the program', permissions: [] },
    budget: 60
  },
  addcr: {
    ring: 'U',
    about: 'puts a CR before every LF',
    runsAs: 'whoever runs it',
    fds: '0< text, 1> text',
    exits: { 0: 'end of input', 111: 'trouble' },
    permissions: [],
    budget: 20
  },
  delcr: {
    ring: 'U',
    about: 'takes the CR off before every LF',
    runsAs: 'whoever runs it',
    fds: '0< text, 1> text',
    exits: { 0: 'end of input', 111: 'trouble' },
    permissions: [],
    budget: 20
  }
})
