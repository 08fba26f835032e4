import { rows } from './row.ts'

/** Programs: POP3, and checking passwords. */
export const pop = rows({
  'qmail-popup': {
    synopsis: 'qmail-popup hostname subprogram [ arg ... ]',
    ring: 'N',
    about: "hears a POP3 client's name and password",
    runsAs: 'root, under tcpserver',
    fds: '0<1> the connection; the subprogram: 3< name, password, stamp',
    exits: { 1: 'always' },
    permissions: ['read:*', 'write:/proc', 'net', 'child'],
    budget: 45
  },
  'qmail-pop3d': {
    synopsis: 'qmail-pop3d maildir',
    ring: 'N',
    about: 'serves a Maildir by POP3',
    runsAs: "the mailbox's owner",
    fds: '0<1> the connection, 2> why not',
    exits: { 0: 'any end', 1: 'run by root' },
    permissions: ['read:*', 'write:*'],
    budget: 40
  },
  checkpassword: {
    synopsis: 'checkpassword program [ arg ... ]',
    ring: 'N',
    about: 'checks a password, becomes its user and runs a program',
    runsAs: 'root',
    fds: '3< login, password, stamp; 2> why not',
    exits: { 1: 'refused', 2: 'misused: nothing on descriptor 3, or no program', 111: 'trouble' },
    permissions: ['read:*', 'child'],
    budget: 42
  }
})
