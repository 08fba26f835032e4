import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { cdbBytes } from '../src/format/cdb.ts'
import { isRoot, suiteUser } from '../src/os/ids.ts'
import { processTree, pssOf, treeOf } from '../test/helpers/proc.ts'
import { until } from '../test/helpers/wait.ts'
import { installPrograms } from '../tools/install.ts'
import { boxesIn, DOMAIN, type Subject, USERS } from './load.ts'

/** The first of the four users' uids and gids. */
export const FIRST_UID = 64_310
const READY_SECONDS = 60
/** As the scripts in service/ have it. */
const WORKERS = Number(process.env.WORKERS ?? Math.ceil(availableParallelism() / 2))

export interface Qmail extends Subject {
  /** The installation. */
  home: string
  sendmail: [string, string[]]
  /** Memory of the whole suite, proportional set size, in kilobytes. */
  pss: () => { name: string; kilobytes: number }[]
  /** Its processes: names and ids. */
  pids: () => [string, number][]
  stop: () => Promise<void>
}

const layUsers = (home: string): void => {
  const records = USERS.map((user, i): [string, string] => {
    const id = isRoot() ? FIRST_UID + i : (process.getuid?.() ?? 0)
    for (const part of ['', 'Maildir', 'Maildir/tmp', 'Maildir/new', 'Maildir/cur']) {
      const folder = join(home, 'homes', user, part)
      mkdirSync(folder, { recursive: true })
      if (isRoot()) chownSync(folder, id, id)
    }
    return [`!${user}\0`, [user, id, id, join(home, 'homes', user), '', ''].join('\0')]
  })
  writeFileSync(join(home, 'users', 'cdb'), cdbBytes([...records, ['', '']]))
}

/** As the script of service/ starts qmail-start: daemons that do not take the processor from each other. */
const BATCH = spawnSync('chrt', ['-b', '0', 'true']).status === 0 ? ['chrt', '-b', '0'] : []

const start = (home: string, log: string, words: string[], env: Record<string, string> = {}): ChildProcess => {
  const fd = openSync(join(home, log), 'a')
  const child = spawn('env', words, { stdio: ['ignore', fd, fd], env: { PATH: `${home}/bin:/usr/bin:/bin`, ...env } })
  closeSync(fd)
  return child
}

/** Starts an installation of this checkout, resident, as an administrator would, with four users. `limit`: connections at a time; `lay`: lays what else is to be there before; `env`: tcpserver's. */
export const startQmail = async (port: number, limit = 100, lay: (home: string) => void = () => {}, env: Record<string, string> = {}): Promise<Qmail> => {
  process.env.QMAIL_TEST_LINK_NODE = '1'
  const home = mkdtempSync(join(tmpdir(), 'bench-qmail-'))
  chmodSync(home, 0o755)
  installPrograms(home, isRoot() ? 'private' : 'self')
  for (const name of ['me', 'locals', 'rcpthosts']) writeFileSync(join(home, 'control', name), `${DOMAIN}\n`)
  lay(home)
  layUsers(home)
  const qmaild = suiteUser(home, 'qmaild')
  const who = isRoot() ? ['-u', `${qmaild.uid}`, '-g', `${qmaild.gid}`] : []
  const daemons = [
    start(home, 'send.log', [...BATCH, 'qmail-start', './Maildir/']),
    start(
      home,
      'smtpd.log',
      ['tcpserver', '-v', '-RHl0', '-c', `${limit}`, '-w', `${WORKERS}`, ...who, '127.0.0.1', `${port}`, join(home, 'bin', 'qmail-smtpd')],
      env
    )
  ]
  const stop = async (): Promise<void> => {
    const ended = daemons.filter((d) => d.exitCode === null && d.signalCode === null).map((d) => new Promise((resolve) => d.once('exit', resolve)))
    for (const d of daemons) d.kill('SIGTERM')
    await Promise.all(ended)
    rmSync(home, { recursive: true, force: true })
  }
  const says = (log: string, words: string): boolean => readFileSync(join(home, log), 'latin1').includes(words)
  try {
    await until('qmail-ts to start', () => says('smtpd.log', 'status: 0/') && says('send.log', 'status: local 0/'), READY_SECONDS)
  } catch (error) {
    await stop()
    throw error
  }
  const trees = () => daemons.flatMap((d) => (d.pid === undefined ? [] : processTree(d.pid)))
  const processes = () => daemons.flatMap((d) => (d.pid === undefined ? [] : treeOf(d.pid)))
  return {
    name: 'qmail-ts',
    home,
    processes,
    port,
    boxes: boxesIn(join(home, 'homes')),
    sendmail: [join(home, 'bin', 'sendmail'), [`${USERS[0]}@${DOMAIN}`]],
    pss: () => trees().map((p) => ({ name: p.name, kilobytes: pssOf(p.pid) })),
    pids: () => processes().map((p) => [p.name, p.pid]),
    stop
  }
}
