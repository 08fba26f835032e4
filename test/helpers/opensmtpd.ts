import { spawn } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { selfSigned } from './certificate.ts'
import { endWith } from './ending.ts'
import { makeEtc } from './private-etc.ts'
import { notUnpacked, unpacked } from './unpacked.ts'
import { untilServed } from './wait.ts'

const PACKAGE = 'opensmtpd'
const BINARY = 'usr/sbin/smtpd'
/** Its accounts in the /etc it is shown: the daemon's, the queue's, and its mailbox's. */
const ACCOUNTS = { opensmtpd: 64_340, opensmtpq: 64_341, u1: 64_342 }

/** Why there is no OpenSMTPD to test with, for `skip`. */
export const noOpensmtpd = notUnpacked(PACKAGE, BINARY)

export interface Opensmtpd {
  port: number
  /** The messages in the mailbox of u1@bsd.example, as text. */
  mail: () => string[]
  log: () => string
}

const settings = (top: string, port: number, relayPort: number): string => `
smtp max-message-size 1M
pki mail.bsd.example cert "${top}/certificate.pem"
pki mail.bsd.example key "${top}/certificate.pem"
listen on 127.0.0.1 port ${port} tls pki mail.bsd.example hostname mail.bsd.example
action "mailbox" maildir "${top}/mail" user u1
action "round" forward-only virtual { "@round.example" = "joe-there@ours.example" }
action "relay" relay host smtp+tls://127.0.0.1:${relayPort} tls no-verify helo mail.bsd.example
match from any for rcpt-to u1@bsd.example action "mailbox"
match from any for domain bsd.example reject
match from any for domain round.example action "round"
match from any for any action "relay"
`

/** Shows the daemon what was compiled into it: its helpers, and folders for its queue, its cage and its socket. */
const mounts = (top: string): string =>
  [
    `mount --bind ${unpacked(PACKAGE, 'usr/libexec')} /usr/libexec`,
    `mount --bind ${top}/spool /var/spool`,
    `mount --bind ${top}/lib /var/lib`,
    `mount --bind ${top}/run /run`
  ].join(' && ')

/**
 * Starts OpenSMTPD with a configuration, a queue and a mailbox of its own, until the test file ends: it takes mail on 127.0.0.1:`port`, with STARTTLS, for u1@bsd.example, and
 * passes all other on to 127.0.0.1:`relayPort`, with STARTTLS.
 */
export const startOpensmtpd = async (port: number, relayPort: number): Promise<Opensmtpd> => {
  const etc = makeEtc()
  const top = mkdtempSync(join(tmpdir(), 'qm-opensmtpd-'))
  for (const [name, id] of Object.entries(ACCOUNTS)) etc.account(name, id)
  etc.lay('hosts', '127.0.0.1 localhost\n')
  etc.lay('smtpd.conf', settings(top, port, relayPort))
  writeFileSync(join(top, 'certificate.pem'), selfSigned(['mail.bsd.example']), { mode: 0o600 })
  for (const folder of ['spool', 'spool/smtpd', 'lib', 'lib/opensmtpd', 'lib/opensmtpd/empty', 'run', 'mail']) mkdirSync(join(top, folder), { recursive: true })
  chmodSync(top, 0o755)
  chmodSync(join(top, 'spool', 'smtpd'), 0o711)
  chownSync(join(top, 'mail'), ACCOUNTS.u1, ACCOUNTS.u1)
  const child = spawn('unshare', etc.apart(`${mounts(top)} && ${unpacked(PACKAGE, BINARY)} -d`), { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.on('data', (data) => {
    log += String(data)
  })
  endWith(undefined, child)
  after(() => rmSync(top, { recursive: true, force: true, maxRetries: 10 }))
  await untilServed(port)
  const box = join(top, 'mail', 'new')
  return { port, log: () => log, mail: () => (existsSync(box) ? readdirSync(box).map((name) => readFileSync(join(box, name), 'latin1')) : []) }
}
