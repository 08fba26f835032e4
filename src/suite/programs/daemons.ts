import { IDS, rows } from './row.ts'

/** Programs: the queue and its daemons. */
export const daemons = rows({
  'qmail-start': {
    synopsis: 'qmail-start [defaultdelivery [logger arg ...]]',
    ring: 'R',
    stays: true,
    about: 'starts the daemons of the queue and watches over them',
    runsAs: 'root',
    mode: 0o700,
    fds: '0 anything open, 1> log, 2> trouble at start',
    exits: { 0: 'qmail-send ended well', 111: 'could not start, or a daemon failed' },
    permissions: ['read:*', 'write:run', 'child'],
    budget: 68
  },
  'qmail-send': {
    ring: 'Q',
    youngMegabytes: 2,
    about: 'schedules deliveries, writes bounces and the log',
    runsAs: 'qmails:qmail',
    fds: '0> log, 1> 2< qmail-lspawn, 3> 4< qmail-rspawn, 5> 6< qmail-clean (resident: 7< end: stop)',
    exits: { 0: 'stopped by SIGTERM', 111: 'cannot start' },
    secondGear: { about: 'express lane, under qmail-start', permissions: ['unrestricted'] },
    npm: ['proper-lockfile', 'graceful-fs', 'retry', 'signal-exit'],
    budget: 245
  },
  'qmail-clean': {
    ring: 'Q',
    stays: true,
    about: 'removes queue files that qmail-send may not remove',
    runsAs: 'qmailq:qmail',
    fds: '0< requests, 1> answers',
    exits: { 0: 'end of requests', 100: 'cannot answer', 111: 'cannot enter the queue' },
    permissions: ['read:queue', 'write:queue'],
    budget: 40
  },
  'qmail-lspawn': {
    synopsis: 'qmail-lspawn defaultdelivery',
    ring: 'R',
    youngMegabytes: 2,
    stays: true,
    about: 'finds the recipient, becomes it, runs qmail-local',
    runsAs: 'root',
    mode: 0o700,
    fds: '0< requests, 1> reports, 2> trouble at start',
    exits: { 0: 'end of requests', 100: 'usage', 111: 'cannot start' },
    permissions: [...IDS, 'read:bin', 'read:control', 'read:users', 'read:queue', 'read:/proc/self/mountinfo', 'child'],
    budget: 95
  },
  'qmail-rspawn': {
    ring: 'Q',
    stays: true,
    about: 'runs qmail-remote for qmail-send',
    runsAs: 'qmailr:qmail',
    fds: '0< requests, 1> reports',
    exits: { 0: 'end of requests', 111: 'cannot start' },
    permissions: [...IDS, 'read:bin', 'read:control', 'read:queue', 'write:queue/lock', 'child'],
    budget: 84
  },
  'qmail-getpw': {
    synopsis: 'qmail-getpw local',
    help: false,
    ring: 'U',
    about: 'finds the user a local part belongs to',
    runsAs: 'qmailp:nofiles',
    fds: '1> six NUL-ended fields (resident: 0< requests, 1> answers)',
    exits: { 0: 'found', 100: 'usage', 115: 'trouble with a home', 116: 'no alias user', 118: 'trouble with the user data base' },
    permissions: [...IDS, 'read:*', 'child'],
    secondGear: { about: 'resident under qmail-lspawn', permissions: [...IDS, 'read:*', 'child'] },
    budget: 40
  },
  'qmail-local': {
    synopsis: 'qmail-local [-nN] user homedir local dash ext domain sender defaultdelivery',
    ring: 'U',
    about: 'delivers one message to one local recipient',
    runsAs: 'the recipient',
    fds: '0< message (seekable), 1> report, 2> why not',
    secondGear: { about: 'resident per uid under qmail-lspawn', permissions: ['unrestricted'] },
    budget: 105
  },
  'qmail-remote': {
    synopsis: 'qmail-remote host sender recipient ...',
    ring: 'N',
    about: 'delivers one message to its recipients at one host by SMTP',
    runsAs: 'qmailr:qmail',
    fds: '0< message, 1> reports (resident: requests and answers)',
    exits: { 0: 'always; the reports say' },
    permissions: ['read:control', 'read:/etc/ssl/certs', 'read:/etc/resolv.conf', 'read:queue', 'write:queue/lock', 'read:/proc/self', 'net', 'child'],
    secondGear: {
      about: 'resident under qmail-rspawn',
      permissions: ['read:control', 'read:/etc/ssl/certs', 'read:/etc/resolv.conf', 'read:queue', 'write:queue/lock', 'net', 'child']
    },
    budget: 150
  },
  'qmail-queue': {
    ring: 'U',
    about: 'puts one message into the queue',
    runsAs: 'the caller; root becomes qmailq',
    fds: '0< message, 1< envelope, 2> unknown user',
    exits: {
      0: 'queued',
      11: 'address or envelope too long',
      31: 'message too large',
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
    atHome: true,
    budget: 60,
    isQuick: true
  },
  'qmail-queued': {
    synopsis: 'qmail-queued [--once]',
    ring: 'N',
    youngMegabytes: 2,
    about: 'the resident writer of the queue: drop folder and submission sockets',
    runsAs: 'root to bind its sockets, then qmailq:qmail',
    mode: 0o700,
    fds: '0< end: stop (under qmail-start), 1> log',
    exits: { 0: 'stopped by SIGTERM; --once: drop/ is empty', 111: 'cannot start; --once: some messages are still there' },
    budget: 95
  }
})
