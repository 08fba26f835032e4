import { spawnSync } from 'node:child_process'
import { chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import type { PrivateEtc } from './private-etc.ts'
import type { RunResult } from './run-program.ts'

/** The uid its mailboxes have. */
const UID = 64_320

const idOf = (what: '-u' | '-g', name: string): number => Number(spawnSync('id', [what, name]).stdout.toString())

/**
 * Lines of main.cf, and others that may stand for some of them. No name twice: Postfix warns of that in every program, its log daemon too, which, before it reads, can fill the socket
 * it is to read from, and then all wait for it for ever.
 */
const overriding = (settings: string, more: string): string => {
  const nameOf = (line: string): string => line.split('=')[0]?.trim() ?? ''
  const said = new Set(more.split('\n').map(nameOf))
  const kept = settings.split('\n').filter((line) => line !== '' && !said.has(nameOf(line)))
  return `${kept.join('\n')}\n${more}`
}

export interface Postfix {
  /** The texts of the messages in a user's Maildir. */
  mail: (user: string) => string[]
  log: () => string
}

/** Is Debian's Postfix here, and are we root, who alone can start it? */
export const hasPostfix = existsSync('/usr/sbin/postfix') && existsSync('/etc/postfix') && process.getuid?.() === 0

/**
 * Starts Debian's Postfix with a configuration, a queue and Maildirs of its own, until the test file ends: it takes mail on 127.0.0.1:`port` for
 * u1@postfix.example, and passes all other on to 127.0.0.1:`relayPort`; `more`: further
 * lines of main.cf; `etc`: what it sees as /etc.
 */
export const startPostfix = (port: number, relayPort: number, more = '', etc?: PrivateEtc): Postfix => {
  const top = mkdtempSync(join(tmpdir(), 'qm-postfix-'))
  spawnSync('chmod', ['755', top])
  for (const folder of ['spool', 'data', 'homes']) mkdirSync(join(top, folder))
  chownSync(join(top, 'data'), idOf('-u', 'postfix'), idOf('-g', 'postfix'))
  chownSync(join(top, 'homes'), UID, UID)
  const conf = join(top, 'conf')
  cpSync('/etc/postfix', conf, { recursive: true })
  writeFileSync(join(top, 'boxes'), 'u1@postfix.example u1/\n')
  const settings = `compatibility_level = 3.6
queue_directory = ${top}/spool
data_directory = ${top}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.postfix.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_peername_lookup = no
virtual_mailbox_domains = postfix.example
virtual_mailbox_base = ${top}/homes
virtual_mailbox_maps = texthash:${top}/boxes
virtual_uid_maps = static:${UID}
virtual_gid_maps = static:${UID}
virtual_minimum_uid = 100
alias_maps =
relayhost = [127.0.0.1]:${relayPort}
disable_dns_lookups = yes
maillog_file = ${top}/log
maillog_file_prefixes = /
`
  writeFileSync(join(conf, 'main.cf'), overriding(settings, more))
  const stock = ['/etc/postfix/master.cf.proto', '/usr/share/postfix/master.cf.dist', '/etc/postfix/master.cf'].find(existsSync) ?? '/etc/postfix/master.cf'
  const services = readFileSync(stock, 'utf8')
    .replace(/^smtp\s+inet\s.*$/m, `127.0.0.1:${port} inet n - n - - smtpd`)
    .replace(/^(\S+\s+(?:unix|fifo|inet)\s+\S+\s+\S+\s+)[y-](\s)/gm, '$1n$2')
  writeFileSync(join(conf, 'master.cf'), /^postlog\s/m.test(services) ? services : `${services}\npostlog unix-dgram n - n - 1 postlogd\n`)
  const control = (word: string, within?: PrivateEtc): void => {
    const command = `exec /usr/sbin/postfix -c ${conf} ${word}`
    const run = (): RunResult => {
      const r = spawnSync('/bin/sh', ['-c', command], { encoding: 'latin1' })
      return { exit: r.status ?? String(r.signal), stdout: r.stdout, stderr: r.stderr }
    }
    const { exit, stdout, stderr } = within === undefined ? run() : within.run(command)
    if (exit !== 0) throw new Error(`postfix ${word}: ${stderr}${stdout}`)
  }
  control('start', etc)
  after(() => {
    control('stop')
    rmSync(top, { recursive: true, force: true })
  })
  return {
    mail: (user) => {
      const folder = join(top, 'homes', user, 'new')
      return existsSync(folder) ? readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1')) : []
    },
    log: () => (existsSync(join(top, 'log')) ? readFileSync(join(top, 'log'), 'latin1') : '')
  }
}
