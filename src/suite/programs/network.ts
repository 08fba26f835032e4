import { rows } from './row.ts'

/** Programs: what speaks to the network, and what is chained before it. */
export const network = rows({
  'qmail-smtpd': {
    synopsis: 'qmail-smtpd [ [ hostname ] checker [ subprogram ... ] ]',
    ring: 'N',
    about: 'receives mail by SMTP',
    runsAs: 'qmaild:nofiles',
    fds: '0<1> network, 2> log (resident: 0< listening socket, 3<> the parent)',
    exits: { 0: 'QUIT', 1: 'anything else' },
    secondGear: { about: 'resident under tcpserver -w; listens, then gives the network up', permissions: ['read:control', 'read:drop'], youngMegabytes: 2 },
    budget: 195
  },
  'qmail-rcptd': {
    ring: 'N',
    about: 'tells servers whether a recipient exists here',
    runsAs: 'root to bind, then qmailp:nofiles',
    mode: 0o700,
    fds: '0< end: stop (under qmail-start), 1> log',
    exits: { 0: 'stopped by SIGTERM', 111: 'cannot start' },
    permissions: ['read:*', 'write:run', 'net', 'child'],
    budget: 80
  },
  tcpserver: {
    synopsis:
      'tcpserver [ -1UXnsepPhHrRoOdDqQv46 ] [ -c limit ] [ -x rules.cdb ] [ -B banner ] [ -g gid ] [ -u uid ] [ -b backlog ]\n          [ -l localname ] [ -t timeout ] [ -w workers ] [ -m n ] [ -M n ] [ -k n/seconds ] [ -K n/seconds ] [ -N bits/bits ]\n          [ -a networks ] [ -I interface ] host port program [ arg ... ]',
    ring: 'N',
    youngMegabytes: 2,
    stays: true,
    about: 'accepts connections and runs a program for each',
    runsAs: 'root to bind, then -u and -g',
    fds: '1> port (-1), 2> log; then 0< listening socket; the program: 0<1> connection',
    exits: { 0: 'stopped by SIGTERM', 100: 'usage', 111: 'cannot start' },
    permissions: ['read:*', 'net', 'child'],
    links: ['sslserver'],
    secondGear: { about: 'beside itself, as the parent of qmail-tlsd', permissions: ['read:*', 'child'] },
    budget: 150
  },
  tcprules: {
    synopsis: 'tcprules rules.cdb rules.tmp',
    ring: 'A',
    about: 'compiles rules for tcpserver',
    runsAs: 'whoever owns the rules',
    fds: '0< rules, 2> why not',
    exits: { 0: 'made', 100: 'usage, or a line that is no rule', 111: 'trouble; the old ones stay' },
    budget: 40
  },
  tcprulescheck: {
    synopsis: 'tcprulescheck rules.cdb',
    ring: 'A',
    about: "says what tcpserver's rules do with a peer",
    runsAs: 'whoever may read the rules',
    fds: '1> the answer, 2> why not',
    exits: { 0: 'answered', 100: 'usage', 111: 'the rules cannot be read' },
    permissions: ['read:*'],
    budget: 40
  },
  tcpclient: {
    synopsis:
      'tcpclient [ -46hHrRdDqQv ] [ -i localip ] [ -p localport ] [ -T timeoutconn ] [ -l localname ] [ -t timeoutinfo ]\n          host port program [ arg ... ]',
    ring: 'N',
    about: 'connects, and runs a program with the connection',
    runsAs: 'whoever runs it',
    fds: '2> why not; the program: 6< 7> the connection',
    exits: { 100: 'usage', 111: 'no connection' },
    permissions: ['read:*', 'net', 'child'],
    budget: 60
  },
  'tcp-env': {
    synopsis: 'tcp-env [ -rR ] [ -t timeout ] program [ arg ... ]',
    ring: 'N',
    about: 'sets the TCP variables for a program run by inetd',
    runsAs: 'whoever inetd runs it as',
    fds: '0<1> connection',
    exits: { 111: 'trouble, without a message' },
    permissions: ['read:*', 'net', 'child'],
    budget: 60
  },
  recordio: {
    synopsis: 'recordio program [ arg ... ]',
    ring: 'N',
    about: 'writes down what a program and its peer say to each other',
    runsAs: 'whoever runs it',
    fds: '0<1> the peer, 2> the record; the copying process: 3> 4< the program',
    exits: { 100: 'usage', 111: 'the program cannot be run' },
    permissions: ['read:*', 'write:/proc', 'child'],
    secondGear: { about: 'the copying process beside the program', permissions: [] },
    budget: 60
  },
  fixcrio: {
    synopsis: 'fixcrio program [ arg ... ]',
    ring: 'N',
    about: 'gives both directions of a conversation the CRs before LF that they lack',
    runsAs: 'whoever runs it',
    fds: '0<1> the peer; the copying process: 3> 4< the program',
    exits: { 100: 'usage', 111: 'the program cannot be run' },
    permissions: ['read:*', 'write:/proc', 'child'],
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
  },
  rblsmtpd: {
    synopsis: 'rblsmtpd [ -bBcCiRW ] [ -t timeout ] [ -w delay ] [ -r base ] [ -a base ] program [ arg ... ]',
    ring: 'N',
    about: 'turns SMTP clients away that are on a block list',
    runsAs: 'whoever runs it',
    fds: '0<1> the connection, 2> who was turned away',
    exits: { 0: 'turned away', 100: 'usage', 111: 'the program cannot be run' },
    permissions: ['read:*', 'net', 'child'],
    budget: 60
  },
  'qmail-qmtpd': {
    ring: 'N',
    about: 'receives mail by QMTP',
    runsAs: 'qmaild:nofiles',
    fds: '0<1> the connection, 2> trouble with control files (resident: 0< listening socket, 3<> the parent)',
    exits: { 0: 'the client is gone', 100: 'it does not speak QMTP', 111: 'trouble, or an hour is over' },
    secondGear: { about: 'resident under tcpserver -w; listens, then gives the network up', permissions: ['read:control'], youngMegabytes: 2 },
    budget: 100
  },
  'qmail-qmqpd': {
    ring: 'N',
    about: 'receives mail by QMQP, from whoever may connect',
    runsAs: 'qmaild:nofiles',
    fds: '0<1> the connection, 2> trouble (resident: 0< listening socket, 3<> the parent)',
    exits: { 0: 'answered, or the client is gone', 100: 'it does not speak QMQP', 111: 'trouble, or an hour is over' },
    secondGear: { about: 'resident under tcpserver -w; listens, then gives the network up', permissions: [], youngMegabytes: 2 },
    budget: 100
  },
  'qmail-qmqpc': {
    ring: 'N',
    about: 'hands one message to a mail server by QMQP, as the qmail-queue of a host without a queue',
    runsAs: 'the caller',
    fds: '0< message, 1< envelope',
    exits: {
      0: 'accepted',
      31: 'refused',
      54: 'read error',
      55: 'no servers',
      71: 'refused for now',
      72: 'connecting timed out',
      73: 'could not connect',
      74: 'the connection broke',
      91: 'bad envelope',
      111: 'our own bugs'
    },
    permissions: ['read:control', 'read:/proc/self', 'read:/dev/null', 'net'],
    budget: 40
  }
})
