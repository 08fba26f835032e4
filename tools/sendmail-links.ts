/**
 * `sendmail-links.ts lay|remove [--root DIR] PREFIX`: makes the installation's sendmail the one of this machine, and puts back what was there before.
 * Another MTA's file is diverted by dpkg-divert, so that its package's upgrades go past us; without dpkg it is renamed. `--root`: as if DIR were `/`.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { homeOf, tool } from './tool.ts'

/** Where programs look for sendmail and its kin, and which of ours answers there. */
const PLACES = { '/usr/sbin/sendmail': 'sendmail', '/usr/lib/sendmail': 'sendmail', '/usr/bin/mailq': 'mailq', '/usr/bin/newaliases': 'newaliases' } as const
/** What another MTA's file is called meanwhile. */
const [DIVERTED, RENAMED] = ['distrib', 'before-qmail'] as const

const linkAt = (path: string): string | undefined => {
  const s = lstatSync(path, { throwIfNoEntry: false })
  return s?.isSymbolicLink() ? readlinkSync(path) : undefined
}
const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

const hasDivert = (root: string): boolean => existsSync(join(root, 'var/lib/dpkg')) && spawnSync('dpkg-divert', ['--version']).status === 0

const divert = (root: string, ...args: string[]): string => {
  const r = spawnSync('dpkg-divert', [...(root === '/' ? [] : ['--root', root]), ...args], { encoding: 'utf8' })
  if (r.status !== 0) throw new Error(`dpkg-divert ${args.join(' ')}: ${r.stderr.trim()}`)
  return r.stdout
}
const isDivertedByUs = (root: string, place: string): boolean => divert(root, '--list', place).includes(`local diversion of ${place} to ${place}.${DIVERTED}`)

/** Makes room at a place; where what was there is now, if anything was. Without anything it is diverted all the same: a package that comes later does not overwrite ours. */
const makeRoom = (root: string, place: string): string | undefined => {
  const path = join(root, place)
  const wasThere = isThere(path)
  if (hasDivert(root)) {
    divert(root, '--local', '--rename', '--divert', `${place}.${DIVERTED}`, '--add', place)
    return wasThere ? `${place}.${DIVERTED}` : undefined
  }
  if (!wasThere) return undefined
  if (isThere(`${path}.${RENAMED}`)) throw new Error(`${place}.${RENAMED} is there already: look at it`)
  renameSync(path, `${path}.${RENAMED}`)
  return `${place}.${RENAMED}`
}

/** Lays the links; a line for each place. Throws Error, in words for people. */
export const laySendmail = (home: string, root = '/'): string[] =>
  Object.entries(PLACES).map(([place, program]) => {
    const [path, target] = [join(root, place), join(home, 'bin', program)]
    const link = linkAt(path)
    if (link === target) return `${place} is ours already`
    if (place === '/usr/lib/sendmail' && link === '../sbin/sendmail') return `${place} is a link to /usr/sbin/sendmail, and stays`
    const kept = makeRoom(root, place)
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(target, path)
    return `${place} is ${target} now${kept === undefined ? '' : `; what was there is ${kept}`}`
  })

/** Takes away the links to this installation, and puts back what was there before; a line for each. Nothing else is touched. Throws Error, in words for people. */
export const removeSendmail = (home: string, root = '/'): string[] =>
  Object.entries(PLACES).flatMap(([place, program]) => {
    const path = join(root, place)
    if (linkAt(path) !== join(home, 'bin', program)) return []
    rmSync(path)
    if (hasDivert(root) && isDivertedByUs(root, place)) divert(root, '--local', '--rename', '--remove', place)
    else if (isThere(`${path}.${RENAMED}`)) renameSync(`${path}.${RENAMED}`, path)
    return [isThere(path) ? `${place} is what it was before` : `${place} is gone`]
  })

if (process.argv[1] === import.meta.filename) {
  tool('sendmail-links', () => {
    const [what, ...rest] = process.argv.slice(2)
    const root = rest[0] === '--root' ? rest.splice(0, 2)[1] : '/'
    const [prefix] = rest
    if (prefix === undefined || root === undefined || (what !== 'lay' && what !== 'remove'))
      throw new Error('usage: sendmail-links.ts lay|remove [--root DIR] PREFIX')
    const home = homeOf(prefix)
    if (what === 'lay' && !existsSync(join(home, 'bin', 'sendmail'))) throw new Error(`nothing is installed in ${home}: make install first`)
    const lines = what === 'lay' ? laySendmail(home, root) : removeSendmail(home, root)
    process.stdout.write(lines.map((line) => `${line}\n`).join(''))
  })
}
