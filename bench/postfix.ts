import { spawnSync } from 'node:child_process'
import { chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { treeOf } from '../test/helpers/proc.ts'
import { layHomes } from './apart.ts'
import { boxesIn, DOMAIN, type Subject, USERS } from './load.ts'

const UID = 64_300
/** local(8), as on a machine whose users have accounts, which the goals are about; DELIVERY=virtual: virtual(8), Postfix's fastest way into a Maildir. */
const isVirtual = process.env.DELIVERY === 'virtual'

const idOf = (what: '-u' | '-g', name: string): number => Number(spawnSync('id', [what, name]).stdout.toString())

const MAIN = (top: string): string => `compatibility_level = 3.6
queue_directory = ${top}/spool
data_directory = ${top}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.${DOMAIN}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_peername_lookup = no
alias_maps =
maillog_file = ${top}/log
maillog_file_prefixes = /
`

/** Every user's own Maildir: virtual_mailbox_maps needs a table; a texthash needs no building. */
const VIRTUAL = (top: string): string => `mydestination =
virtual_mailbox_domains = ${DOMAIN}
virtual_mailbox_base = ${top}/homes
virtual_mailbox_maps = texthash:${top}/boxes
virtual_uid_maps = static:${UID}
virtual_gid_maps = static:${UID}
virtual_minimum_uid = 100
`
const LOCAL = `mydestination = ${DOMAIN}
home_mailbox = Maildir/
`

/** What is put over a file or folder of the machine's, in the bench's own name space. */
const cover = (place: string, withWhat: string): void => {
  const mounted = spawnSync('mount', ['--bind', withWhat, place], { encoding: 'utf8' })
  if (mounted.status !== 0) throw new Error(`mount: ${mounted.stderr}`)
}

const uncover = (place: string): void => void spawnSync('umount', [place])

/** Accounts of the four users, for local(8). */
const layAccounts = (top: string): void => {
  const accounts = USERS.map((user) => `${user}:x:${UID}:${UID}::${top}/homes/${user}:/bin/sh\n`)
  writeFileSync(join(top, 'passwd'), readFileSync('/etc/passwd', 'utf8') + accounts.join(''))
  cover('/etc/passwd', join(top, 'passwd'))
}

const laySettings = (top: string, port: number, more: string): void => {
  const conf = join(top, 'conf')
  cpSync('/etc/postfix', conf, { recursive: true })
  writeFileSync(join(top, 'boxes'), USERS.map((u) => `${u}@${DOMAIN} ${u}/Maildir/\n`).join(''))
  writeFileSync(join(conf, 'main.cf'), MAIN(top) + (isVirtual ? VIRTUAL(top) : LOCAL) + more)
  const stock = ['/etc/postfix/master.cf.proto', '/usr/share/postfix/master.cf.dist', '/etc/postfix/master.cf'].find(existsSync) ?? '/etc/postfix/master.cf'
  const services = readFileSync(stock, 'utf8')
    .replace(/^smtp\s+inet\s.*$/m, `127.0.0.1:${port} inet n - n - - smtpd`)
    .replace(/^(\S+\s+(?:unix|fifo|inet)\s+\S+\s+\S+\s+)[y-](\s)/gm, '$1n$2')
  const withLog = /^postlog\s/m.test(services) ? services : `${services}\npostlog unix-dgram n - n - 1 postlogd\n`
  writeFileSync(join(conf, 'master.cf'), withLog)
}

const IN_NAME_SPACE = 'QMAIL_BENCH_NAMESPACE'

/**
 * Ordinary users may call Postfix's sendmail with no configuration but the one in /etc/postfix: so the bench runs in a mount name space of its
 * own, where ours is mounted there. Runs `file` once more in such a one and leaves with its exit code; in it, returns.
 */
export const enterNameSpace = (file: string): void => {
  if (process.env[IN_NAME_SPACE] === '1') return
  const r = spawnSync('unshare', ['-m', '--propagation', 'private', process.execPath, file], {
    stdio: 'inherit',
    env: { ...process.env, [IN_NAME_SPACE]: '1' }
  })
  process.exit(r.status ?? 1)
}

export interface Postfix extends Subject {
  sendmail: [string, string[]]
  /** Its configuration is changed, and taken on. */
  set: (setting: string) => void
  /** How many messages are in its queue of deferred ones. */
  deferred: () => number
  /** How many messages it has. */
  queued: () => number
  stop: () => void
}

const filesBelow = (folder: string): number => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length

/** Starts Debian's Postfix with a configuration, queue and Maildirs of its own on 127.0.0.1, in the bench's name space; `more`: further lines of main.cf. Undefined when it is not installed. */
export const startPostfix = (port: number, more = ''): Postfix | undefined => {
  if (!existsSync('/usr/sbin/postfix')) return undefined
  const top = mkdtempSync(join(tmpdir(), 'bench-postfix-'))
  spawnSync('chmod', ['755', top])
  for (const folder of ['spool', 'data', 'homes']) mkdirSync(join(top, folder))
  chownSync(join(top, 'data'), idOf('-u', 'postfix'), idOf('-g', 'postfix'))
  layHomes(join(top, 'homes'), () => UID)
  laySettings(top, port, more)
  layAccounts(top)
  cover('/etc/postfix', join(top, 'conf'))
  const control = (word: string): void => {
    const r = spawnSync('/usr/sbin/postfix', [word], { encoding: 'utf8' })
    if (r.status !== 0) throw new Error(`postfix ${word}: ${r.stderr}`)
  }
  control('start')
  const master = Number(readFileSync(join(top, 'spool', 'pid', 'master.pid'), 'utf8'))
  return {
    name: isVirtual ? 'Postfix, virtual(8)' : 'Postfix',
    port,
    boxes: boxesIn(join(top, 'homes')),
    processes: () => treeOf(master),
    sendmail: ['/usr/sbin/sendmail', [`${USERS[0]}@${DOMAIN}`]],
    deferred: () => filesBelow(join(top, 'spool', 'deferred')),
    queued: () => ['incoming', 'active', 'deferred'].reduce((sum, queue) => sum + filesBelow(join(top, 'spool', queue)), 0),
    set: (setting) => {
      const r = spawnSync('/usr/sbin/postconf', ['-e', setting], { encoding: 'utf8' })
      if (r.status !== 0) throw new Error(`postconf ${setting}: ${r.stderr}`)
      control('reload')
    },
    stop: () => {
      control('stop')
      for (const place of ['/etc/postfix', '/etc/passwd']) uncover(place)
      rmSync(top, { recursive: true, force: true })
    }
  }
}
