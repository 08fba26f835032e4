/**
 * The table of programs. Build, import check, install, instcheck, documentation and tests read it; nothing else repeats its facts.
 *
 * Rings (STYLE.md C) say what a program may import. R: root all its life. Q: the queue's daemons. N: speaks to the network.
 * U: the recipient or whoever calls. A: the administrator.
 */
export type Ring = 'R' | 'Q' | 'N' | 'U' | 'A'

/**
 * What a program may do beyond reading its own file, under Node's permission model: paths below the home (`read:control`), absolute
 * ones, or `*`. `unrestricted` programs run without the model: it forbids fsync, and no acknowledged message may be lost (docs/internals.md).
 */
export type Permission = `read:${string}` | `write:${string}` | 'net' | 'child' | 'unrestricted'

export interface Program {
  ring: Ring
  /** One line: what it is for. */
  about: string
  /** user:group it runs as, or who that is. */
  runsAs: string
  mode: number
  /** What its file descriptors are. `<` read, `>` written. */
  fds: string
  exits: Record<number, string>
  permissions: Permission[]
  /** Its second gear, if it has one: how it is kept resident, and under which permissions. */
  secondGear?: { about: string; permissions: Permission[] }
  /** npm packages its bundle may hold. */
  npm?: string[]
  /** The largest its bundle may be, in kilobytes. */
  budget: number
  /** Other names it is called by. */
  links?: string[]
}

const table = <const T extends Record<string, Program>>(t: T): T => t

const STANDARD = { 0: 'success', 100: 'permanent failure', 111: 'temporary failure' }
const IDS: Permission[] = ['read:lib', 'read:/etc/passwd', 'read:/etc/group', 'read:/etc/nsswitch.conf']

export const programs = table({
  'qmail-start': {
    ring: 'R',
    about: 'starts the daemons and wires their descriptors',
    runsAs: 'root',
    mode: 0o700,
    fds: '0 anything open, 1> log',
    exits: { 0: 'qmail-send ended well', 111: 'could not start, or a daemon failed' },
    permissions: [...IDS, 'read:bin', 'read:control', 'child'],
    budget: 40
  },
  'qmail-send': {
    ring: 'Q',
    about: 'schedules deliveries, writes bounces and the log',
    runsAs: 'qmails:qmail',
    mode: 0o755,
    fds: '0> log, 1> 2< qmail-lspawn, 3> 4< qmail-rspawn, 5> 6< qmail-clean (resident: 7< end: stop)',
    exits: { 0: 'stopped by SIGTERM', 111: 'cannot start' },
    permissions: ['unrestricted'],
    secondGear: { about: 'express lane, under qmail-start', permissions: ['unrestricted'] },
    npm: ['proper-lockfile', 'graceful-fs', 'retry', 'signal-exit'],
    budget: 110
  },
  'qmail-clean': {
    ring: 'Q',
    about: 'removes queue files for qmail-send',
    runsAs: 'qmailq:qmail',
    mode: 0o755,
    fds: '0< requests, 1> answers',
    exits: { 0: 'end of requests', 100: 'cannot answer', 111: 'cannot enter the queue' },
    permissions: ['read:queue', 'write:queue'],
    budget: 40
  },
  'qmail-lspawn': {
    ring: 'R',
    about: 'finds the recipient, becomes it, runs qmail-local',
    runsAs: 'root',
    mode: 0o700,
    fds: '0< requests, 1> reports',
    exits: { 0: 'end of requests', 100: 'usage', 111: 'cannot start' },
    permissions: [...IDS, 'read:bin', 'read:control', 'read:users', 'read:queue', 'child'],
    budget: 45
  },
  'qmail-rspawn': {
    ring: 'Q',
    about: 'runs qmail-remote',
    runsAs: 'qmailr:qmail',
    mode: 0o755,
    fds: '0< requests, 1> reports',
    exits: { 0: 'end of requests', 111: 'cannot start' },
    permissions: [...IDS, 'read:bin', 'read:control', 'read:queue', 'write:queue/lock', 'child'],
    budget: 80
  },
  'qmail-getpw': {
    ring: 'U',
    about: 'finds the user an address belongs to',
    runsAs: 'qmailp:nofiles',
    mode: 0o755,
    fds: '1> six NUL-ended fields',
    exits: { 0: 'found', 100: 'usage', 115: 'trouble with a home', 116: 'no alias user', 118: 'trouble with the user data base' },
    permissions: [...IDS, 'read:*', 'child'],
    secondGear: { about: 'resident under qmail-lspawn', permissions: [...IDS, 'read:*', 'child'] },
    budget: 40
  },
  'qmail-local': {
    ring: 'U',
    about: 'delivers to one local recipient',
    runsAs: 'the recipient',
    mode: 0o755,
    fds: '0< message (seekable), 1> report, 2> why not',
    exits: STANDARD,
    permissions: ['unrestricted'],
    secondGear: { about: 'resident per uid under qmail-lspawn', permissions: ['unrestricted'] },
    budget: 100
  },
  'qmail-remote': {
    ring: 'N',
    about: 'delivers to one host by SMTP',
    runsAs: 'qmailr:qmail',
    mode: 0o755,
    fds: '0< message, 1> reports (resident: requests and answers)',
    exits: { 0: 'always; the reports say' },
    permissions: ['read:control', 'read:queue', 'write:queue/lock', 'read:/proc/self', 'net', 'child'],
    secondGear: {
      about: 'resident under qmail-rspawn',
      permissions: ['read:control', 'read:queue', 'write:queue/lock', 'net', 'child']
    },
    budget: 150
  },
  'qmail-queue': {
    ring: 'U',
    about: 'puts one message into the queue',
    runsAs: 'the caller; root becomes qmailq',
    mode: 0o755,
    fds: '0< message, 1< envelope',
    exits: {
      0: 'queued',
      11: 'address too long',
      52: 'timeout',
      53: 'write error',
      54: 'read error',
      61: 'trouble with the home',
      62: 'trouble with the queue folder',
      63: 'trouble with pid',
      64: 'trouble with mess',
      65: 'trouble with intd',
      66: 'trouble with todo',
      91: 'bad envelope',
      111: 'unknown user'
    },
    permissions: ['unrestricted'],
    budget: 60
  },
  'qmail-queued': {
    ring: 'N',
    about: 'the resident writer of the queue: drop folder and submission sockets',
    runsAs: 'root to bind, then qmailq:qmail',
    mode: 0o700,
    fds: '0< end: stop (under qmail-start), 1> log',
    exits: { 0: 'stopped by SIGTERM', 111: 'cannot start' },
    permissions: ['unrestricted'],
    budget: 80
  },
  'qmail-inject': {
    ring: 'U',
    about: 'completes a message and queues it',
    runsAs: 'the caller',
    mode: 0o755,
    fds: '0< message, 2> why not',
    exits: STANDARD,
    permissions: ['unrestricted'],
    npm: ['minimist'],
    budget: 120
  },
  sendmail: {
    ring: 'U',
    about: "takes sendmail's options for qmail-inject",
    runsAs: 'the caller',
    mode: 0o755,
    fds: '0< message, 2> why not',
    exits: STANDARD,
    permissions: ['unrestricted'],
    npm: ['minimist'],
    budget: 120,
    links: ['mailq', 'newaliases']
  },
  'qmail-smtpd': {
    ring: 'N',
    about: 'receives mail by SMTP',
    runsAs: 'qmaild:nofiles',
    mode: 0o755,
    fds: '0<1> network, 2> log',
    exits: { 0: 'QUIT', 1: 'anything else' },
    permissions: ['unrestricted'],
    secondGear: { about: 'resident under tcpserver -w', permissions: ['read:control'] },
    budget: 150
  },
  tcpserver: {
    ring: 'N',
    about: 'accepts connections and runs a program for each',
    runsAs: 'root to bind, then -u/-g',
    mode: 0o755,
    fds: '1> port (-1), 2> log; the program: 0<1> connection',
    exits: { 0: 'stopped by SIGTERM', 100: 'usage', 111: 'cannot start' },
    permissions: ['read:*', 'net', 'child'],
    budget: 150
  },
  'qmail-qstat': {
    ring: 'A',
    about: 'counts the messages in the queue',
    runsAs: 'root or group qmail',
    mode: 0o755,
    fds: '1> text',
    exits: { 0: 'always' },
    permissions: ['read:queue'],
    npm: ['fast-glob'],
    budget: 300
  },
  'qmail-qread': {
    ring: 'A',
    about: 'lists the messages in the queue',
    runsAs: 'root or qmails:qmail',
    mode: 0o755,
    fds: '1> text',
    exits: { 0: 'success', 111: 'trouble' },
    permissions: ['read:queue'],
    budget: 120
  },
  'qmail-showctl': {
    ring: 'A',
    about: 'explains the configuration',
    runsAs: 'anyone',
    mode: 0o755,
    fds: '1> text',
    exits: { 0: 'success', 111: 'trouble' },
    permissions: [...IDS, 'read:control'],
    budget: 120
  },
  'qmail-newu': {
    ring: 'A',
    about: 'makes users/cdb from users/assign',
    runsAs: 'root',
    mode: 0o700,
    fds: '2> why not',
    exits: { 0: 'made', 111: 'the old one stays' },
    permissions: ['unrestricted'],
    budget: 40
  },
  'qmail-newmrh': {
    ring: 'A',
    about: 'makes control/morercpthosts.cdb from control/morercpthosts',
    runsAs: 'root',
    mode: 0o700,
    fds: '2> why not',
    exits: { 0: 'made', 111: 'the old one stays' },
    permissions: ['unrestricted'],
    budget: 40
  },
  splogger: {
    ring: 'N',
    about: 'hands log lines to syslog',
    runsAs: 'qmaill:nofiles',
    mode: 0o755,
    fds: '0< lines',
    exits: { 0: 'end of input', 111: 'logger(1) cannot be run' },
    permissions: ['read:/usr/bin/logger', 'child'],
    budget: 60
  }
})

export type ProgramName = keyof typeof programs
/** The table for walking through: names and rows. */
export const programRows = Object.entries(programs) as [ProgramName, Program][]
