import { spawn } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { selfSigned } from './certificate.ts'
import { endWith } from './ending.ts'
import { makeEtc } from './private-etc.ts'
import { notUnpacked, unpacked } from './unpacked.ts'
import { until } from './wait.ts'

const PACKAGE = 'exim4-daemon-light'
const BINARY = 'usr/sbin/exim4'
/** The uid and gid of Debian-exim, in the /etc it is shown. */
const ID = 64_330

/** Why there is no Exim to test with, for `skip`. */
export const noExim = notUnpacked(PACKAGE, BINARY)

export interface Exim {
  port: number
  /** The messages in the mailbox of u1@exim.example, as text. */
  mail: () => string[]
  log: () => string
}

/** Where Exim sends all but its own mail: to a port of 127.0.0.1, by STARTTLS; or by MX records and DANE, as a name server at this address says, by zones whose root has this key. */
export type EximRoute = { port: number } | { nameServer: string; anchor: string }

const routing = (route: EximRoute): { router: string; transport: string } =>
  'port' in route
    ? { router: 'driver = manualroute\n  route_list = * 127.0.0.1', transport: `port = ${route.port}\n  hosts_require_tls = *` }
    : { router: 'driver = dnslookup\n  dnssec_request_domains = *', transport: 'port = 25\n  hosts_try_dane = *' }

const settings = (top: string, port: number, { router, transport }: ReturnType<typeof routing>): string => `
exim_path = ${unpacked(PACKAGE, BINARY)}
spool_directory = ${top}/spool
log_file_path = ${top}/log/%slog
pid_file_path = ${top}/pid
notifier_socket =
deliver_drop_privilege
keep_environment =
dns_dnssec_ok = 1
primary_hostname = mail.exim.example
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port}
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts = *
tls_certificate = ${top}/certificate.pem
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
message_size_limit = 1M
acl_smtp_rcpt = recipient
begin acl
recipient:
  accept domains = exim.example
    local_parts = u1
  accept domains = !exim.example
  deny message = nobody here by that name
begin routers
mailbox:
  driver = accept
  domains = exim.example
  transport = mailbox
relay:
  ${router}
  self = send
  transport = relay
begin transports
mailbox:
  driver = appendfile
  maildir_format
  create_directory
  directory = ${top}/mail
relay:
  driver = smtp
  message_linelength_limit = 100K
  ${transport}
begin retry
* * F,1h,1s
begin rewrite
*@round.example \${quote_local_part:$1}@ours.example T
`

/**
 * Starts Debian's Exim with a configuration, a queue and a mailbox of its own, until the test file ends: it takes mail on 127.0.0.1:`port`, with STARTTLS, for u1@exim.example, and passes all
 * other on by `route`, what is for NAME@round.example as for NAME@ours.example.
 */
export const startExim = async (port: number, route: EximRoute): Promise<Exim> => {
  const etc = makeEtc()
  const top = mkdtempSync(join(tmpdir(), 'qm-exim-'))
  etc.account('Debian-exim', ID)
  mkdirSync(join(etc.path, 'exim4'))
  etc.lay('exim4/exim4.conf', settings(top, port, routing(route)))
  if ('nameServer' in route) etc.askAt(route.nameServer, route.anchor)
  writeFileSync(join(top, 'certificate.pem'), selfSigned(['mail.exim.example']), { mode: 0o600 })
  for (const folder of ['spool', 'log', 'mail']) mkdirSync(join(top, folder))
  for (const part of ['', 'spool', 'log', 'mail', 'certificate.pem']) chownSync(join(top, part), ID, ID)
  const child = spawn('unshare', etc.apart(`${unpacked(PACKAGE, BINARY)} -bdf -q5s`), { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (data) => {
    said += String(data)
  })
  endWith(undefined, child)
  after(() => rmSync(top, { recursive: true, force: true, maxRetries: 10 }))
  const read = (name: string): string => (existsSync(join(top, 'log', name)) ? readFileSync(join(top, 'log', name), 'latin1') : '')
  const log = (): string => said + read('mainlog') + read('paniclog')
  await until(
    () => `Exim to listen; log:\n${log()}`,
    () => {
      if (child.exitCode !== null) throw new Error(`Exim ended with ${child.exitCode}; log:\n${log()}`)
      return /daemon started:.*listening/.test(log())
    }
  )
  const box = join(top, 'mail', 'new')
  return { port, log, mail: () => (existsSync(box) ? readdirSync(box).map((name) => readFileSync(join(box, name), 'latin1')) : []) }
}
