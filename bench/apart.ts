import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, chownSync, closeSync, copyFileSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { treeOf } from '../test/helpers/proc.ts'
import { untilServed } from '../test/helpers/wait.ts'
import { boxesIn, DOMAIN, type Subject, USERS } from './load.ts'
import { unpack } from './unpacked.ts'

/** A mail server that is not ours, running. */
export interface Peer extends Subject {
  stop: () => Promise<void>
}

/** What a mail server is that is run from an unpacked package, in a mount and process name space of its own. */
export interface Apart {
  name: string
  package: string
  /** Where it is in the package. */
  program: string
  args: string[]
  /** Accounts it runs as; and the first of the four users'. */
  accounts: Record<string, number>
  firstUid: number
  /** Configuration, below /etc. */
  etc: (program: string) => Record<string, string>
  /** Places of the machine that it finds covered by folders of its own, with folders in them: [mode, owner]. */
  places: Record<string, Record<string, [number, number]>>
  /** Folders of the package that it finds where they were compiled in. */
  own: string[]
}

/** Homes of four users, each with a Maildir. */
export const layHomes = (homes: string, uidOf: (user: number) => number): void => {
  USERS.forEach((user, i) => {
    for (const part of ['', 'Maildir', 'Maildir/tmp', 'Maildir/new', 'Maildir/cur']) {
      const folder = join(homes, user, part)
      mkdirSync(folder, { recursive: true })
      chownSync(folder, uidOf(i), uidOf(i))
    }
  })
}

/** An /etc with what the C library reads, accounts, and the server's configuration: nothing of the machine's names is asked for outside it. */
const layEtc = (top: string, { accounts, firstUid, etc }: Apart, program: string, ldSoCache: string): void => {
  const folder = join(top, 'etc')
  mkdirSync(folder)
  copyFileSync(ldSoCache, join(folder, 'ld.so.cache'))
  const people = readFileSync('/etc/passwd', 'utf8').replace(new RegExp(`^(${USERS.join('|')}):.*\n`, 'gm'), '')
  const records = [
    ...Object.entries(accounts).map(([name, id]) => `${name}:x:${id}:${id}::/nonexistent:/usr/sbin/nologin\n`),
    ...USERS.map((user, i) => `${user}:x:${firstUid + i}:${firstUid + i}::${top}/homes/${user}:/bin/sh\n`)
  ]
  const groups = Object.entries(accounts).map(([name, id]) => `${name}:x:${id}:\n`)
  const files: Record<string, string> = {
    passwd: people + records.join(''),
    group: readFileSync('/etc/group', 'utf8') + groups.join(''),
    hosts: `127.0.0.1 localhost mail.${DOMAIN}\n`,
    ...etc(program)
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

/** Lays the folders that cover places of the machine; what covers what. */
const layPlaces = (top: string, { places, own }: Apart): [string, string][] => {
  const covers = Object.entries(places).map(([place, folders]): [string, string] => {
    const cover = join(top, 'places', place)
    mkdirSync(cover, { recursive: true })
    for (const [folder, [mode, owner]] of Object.entries(folders)) {
      mkdirSync(join(cover, folder), { recursive: true })
      chownSync(join(cover, folder), owner, owner)
      chmodSync(join(cover, folder), mode)
    }
    return [place, cover]
  })
  return [...own.map((place): [string, string] => [place, join(top, 'package', place)]), ...covers, ['/etc', join(top, 'etc')]]
}

/** The shell stays, as the first process of the name space: whatever it starts ends with it, and it waits for those that lose their parents. */
const inNameSpace = (top: string, covers: [string, string][], command: string[]): ChildProcess => {
  const mounts = covers.map(([place, cover]) => `mount --bind '${cover}' '${place}'`)
  const log = openSync(join(top, 'log'), 'a')
  const script = `${mounts.join(' && ')} && { "$@"; }; exit $?`
  const child = spawn('unshare', ['--mount', '--pid', '--fork', '--kill-child', '/bin/sh', '-c', script, 'sh', ...command], {
    stdio: ['ignore', log, log],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }
  })
  closeSync(log)
  return child
}

/** Ends the shell, and by that all that runs in its name space; the kernel lets nobody hear of its end before theirs. */
const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const shell = treeOf(child.pid)[1]
  process.kill(shell?.pid ?? child.pid, 'SIGKILL')
  await ended
}

/** Fetches a mail server, starts it on a port of 127.0.0.1, to which `args` and `etc` lead it, and waits until it listens. Throws Absent when it cannot be had. */
export const startApart = async (server: Apart, port: number): Promise<Peer> => {
  const top = mkdtempSync(join(tmpdir(), `bench-${server.package}-`))
  let child: ChildProcess | undefined
  const stop = async (): Promise<void> => {
    if (child) await end(child)
    rmSync(top, { recursive: true, force: true, maxRetries: 10 })
  }
  try {
    chmodSync(top, 0o755)
    const { version, ldSoCache } = unpack(server.package, join(top, 'package'))
    const program = join(top, 'package', server.program)
    layHomes(join(top, 'homes'), (user) => server.firstUid + user)
    layEtc(top, server, program, ldSoCache)
    const running = inNameSpace(top, layPlaces(top, server), [program, ...server.args])
    child = running
    const said = (): string => readFileSync(join(top, 'log'), 'utf8')
    const ended = new Promise<never>((_, reject) => running.once('exit', () => reject(new Error(`${server.name} ended: ${said()}`))))
    ended.catch(() => {}) // it ends when it is told to, too
    await Promise.race([untilServed(port), ended])
    process.stdout.write(`${server.name}: Debian's ${server.package} ${version}\n`)
    return { name: server.name, port, boxes: boxesIn(join(top, 'homes')), processes: () => treeOf(running.pid ?? 0), stop }
  } catch (error) {
    await stop()
    throw error
  }
}
