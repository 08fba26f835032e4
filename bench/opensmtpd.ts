import { type Peer, startApart } from './apart.ts'
import { AWAY, DOMAIN } from './load.ts'

/** The daemon's account and the queue's, in the /etc it is shown. */
const ACCOUNTS = { opensmtpd: 64_350, opensmtpq: 64_351 }

/**
 * The configuration that comes with it, for one domain and without aliases: into the Maildirs of accounts, as those who have them, by mail.maildir(8), once `.forward` has been looked for. Its bounds are
 * as they come: 100 messages a session (as many as come in one of 20), 50 deliveries at a time, 7 of them for one user, 10 connections to one host. NOT durable as it comes, nor can it be set to be:
 * mail.maildir syncs the file in the Maildir, but nothing in the queue has been synced when a message is acknowledged (strace; its queue_fs.c creates envelopes with do_sync 0). All others here have synced it.
 */
const settings = (port: number, awayPort: number): string => `
listen on 127.0.0.1 port ${port} hostname mail.${DOMAIN}
action "local" maildir
action "away" relay host smtp://127.0.0.1:${awayPort} helo mail.${DOMAIN}
match from any for domain "${DOMAIN}" action "local"
match from any for domain "${AWAY}" action "away"
`

/** Starts Debian's OpenSMTPD with a configuration, queue and Maildirs of its own; mail for AWAY goes to a port of 127.0.0.1. It logs into a file (-d: in the foreground), as there may be no syslog here. Throws Absent when it cannot be had. */
export const startOpensmtpd = (port: number, awayPort: number): Promise<Peer> =>
  startApart(
    {
      name: 'OpenSMTPD',
      package: 'opensmtpd',
      program: 'usr/sbin/smtpd',
      args: ['-d'],
      accounts: ACCOUNTS,
      firstUid: 64_340,
      etc: () => ({ 'smtpd.conf': settings(port, awayPort) }),
      places: { '/var/spool': { smtpd: [0o711, 0] }, '/var/lib': { 'opensmtpd/empty': [0o755, 0] }, '/run': {} },
      own: ['/usr/libexec']
    },
    port
  )
