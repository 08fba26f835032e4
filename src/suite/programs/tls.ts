import { IDS, rows } from './row.ts'

/** Programs: TLS and authentication. */
export const tls = rows({
  'qmail-tlsd': {
    synopsis: 'qmail-tlsd [ -c ]',
    ring: 'N',
    about: 'holds the keys of TLS, and speaks nothing else',
    runsAs: 'qmailt:nofiles; -c: root to bind, then that',
    fds: '2> log; -c: 0< end: stop (under qmail-start) (resident: 3<> connections)',
    exits: { 0: 'told to retire, or to stop, or the parent is gone', 100: 'not started by tcpserver, and without -c', 111: 'cannot start' },
    permissions: [...IDS, 'read:control', 'write:run', 'net'],
    secondGear: { about: 'resident under tcpserver', permissions: ['read:control'] },
    budget: 80
  },
  'qmail-authd': {
    ring: 'R',
    about: 'asks the password checker for servers that may not',
    runsAs: 'root',
    mode: 0o700,
    fds: '0< end: stop (under qmail-start), 1> log; the checker: 3< user, secret, challenge',
    exits: { 0: 'stopped by SIGTERM', 111: 'cannot start' },
    permissions: ['read:control', 'read:run', 'write:run', 'net', 'child'],
    budget: 45
  },
  authclient: {
    synopsis: 'authclient [ program [ arg ... ] ]',
    ring: 'N',
    about: 'asks qmail-authd about a password, and runs a program if it is right',
    runsAs: 'qmaild or root, under a front end',
    fds: '3< login, password, stamp; 2> why not',
    exits: { 0: 'the password is right', 1: 'refused', 2: 'misused: nothing on descriptor 3', 111: 'trouble' },
    permissions: ['read:*', 'net', 'child'],
    budget: 40
  }
})
