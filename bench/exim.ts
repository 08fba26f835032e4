import { type Peer, startApart } from './apart.ts'
import { AWAY, DOMAIN } from './load.ts'

/** The uid of Debian-exim, in the /etc it is shown. */
const ID = 64_330

/**
 * Debian's settings for a host on the Internet with Maildirs, reduced to what these loads meet: recipients are verified, `.forward` files are looked for, delivery is to accounts, as those who
 * have them. Not Debian's: the DNS is not asked for names of clients (the others here do not ask either), and 20 connections, and 10 messages in each before further ones wait for a queue runner, are
 * no bound, for a server with much mail would not leave them so. Durable as it comes: by fsync of a message's two files and of their folder before it is acknowledged, of the file in the Maildir, and of a journal.
 */
const settings = (program: string, port: number, awayPort: number): string => `
exim_path = ${program}
log_file_path = /var/spool/exim4/log/%slog
primary_hostname = mail.${DOMAIN}
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port}
keep_environment =
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts =
prdr_enable = true
smtp_accept_max = 200
smtp_accept_queue_per_connection = 0
smtp_accept_max_per_connection = 0
acl_smtp_rcpt = recipient
begin acl
recipient:
  accept domains = ${DOMAIN} : ${AWAY}
    verify = recipient
  deny message = relay not permitted
begin routers
away:
  driver = manualroute
  domains = ${AWAY}
  route_list = * 127.0.0.1
  self = send
  transport = away
userforward:
  driver = redirect
  domains = ${DOMAIN}
  check_local_user
  file = $home/.forward
  require_files = $local_part_data:$home/.forward
  no_verify
  no_expn
  check_ancestor
localuser:
  driver = accept
  domains = ${DOMAIN}
  check_local_user
  transport = maildir_home
begin transports
away:
  driver = smtp
  port = ${awayPort}
  allow_localhost
maildir_home:
  driver = appendfile
  directory = $home/Maildir
  maildir_format
  create_directory
  delivery_date_add
  envelope_to_add
  return_path_add
  directory_mode = 0700
  mode = 0600
  mode_fail_narrower = false
begin retry
* * F,2h,15m; G,16h,1h,1.5; F,4d,6h
`

/** Starts Debian's Exim, as its service does (a queue runner every 30 minutes), with a configuration, queue and Maildirs of its own; mail for AWAY goes to a port of 127.0.0.1. Throws Absent when it cannot be had. */
export const startExim = (port: number, awayPort: number): Promise<Peer> =>
  startApart(
    {
      name: 'Exim',
      package: 'exim4-daemon-light',
      program: 'usr/sbin/exim4',
      args: ['-bdf', '-q30m'],
      accounts: { 'Debian-exim': ID },
      firstUid: 64_320,
      etc: (program) => ({ 'exim4/exim4.conf': settings(program, port, awayPort) }),
      places: { '/var/spool': { exim4: [0o750, ID], 'exim4/log': [0o750, ID] }, '/run': { exim4: [0o750, ID] } },
      own: []
    },
    port
  )
