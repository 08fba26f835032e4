/**
 * Lays an installation: `install.ts [--ids system|private|self] PREFIX`, or from tests and tools by `install`.
 * Safe to repeat, over a running suite too: files are replaced by rename, and what the queue, control, users and alias hold stays.
 */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { settings } from '../src/control/table.ts'
import { ARENAS, STAYS } from '../src/core/run.ts'
import { GROUPS, idsFile, isRoot, suiteUser, USERS } from '../src/os/ids.ts'
import { markerOf } from '../src/os/own.ts'
import { files } from '../src/suite/files.ts'
import { engineFlags, nodeFlags, youngFlags } from '../src/suite/permissions.ts'
import type { Permission, Program, Runtime } from '../src/suite/programs/row.ts'
import { type ProgramName, programRows } from '../src/suite/programs.ts'
import { bunFile } from './bun.ts'
import { layDigests } from './digests.ts'
import { installedPage } from './doc-links.ts'
import { layFresh } from './fresh.ts'
import { layEntry } from './lay-entry.ts'
import { builtPages } from './man/write.ts'
import { writeRuntime } from './runtime-file.ts'
import { homeOf, tool } from './tool.ts'

const top = join(import.meta.dirname, '..')
/** The longest first line the kernel takes for a `#!` program. */
const MAX_SHEBANG_BYTES = 254

/** system: the accounts of /etc/passwd, made if missing. private: spare numbers of its own. self: everything is the caller's. */
export type IdsKind = 'system' | 'private' | 'self'

const command = (file: string, ...args: string[]): void => {
  const r = spawnSync(file, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (r.status !== 0) throw new Error(`${file} ${args.join(' ')} failed`)
}

const has = (database: 'passwd' | 'group', name: string): boolean => spawnSync('getent', [database, name], { stdio: 'ignore' }).status === 0

/** Makes a name of the user data base, if it is missing. Whoever lays another installation may do the same at this moment: then it is there in the end. */
const makeName = (database: 'passwd' | 'group', name: string, file: string, ...args: string[]): void => {
  if (has(database, name)) return
  try {
    command(file, '--system', ...args, name)
  } catch (error) {
    if (!has(database, name)) throw error
  }
}

const makeAccounts = (home: string): void => {
  for (const group of GROUPS) makeName('group', group, 'groupadd')
  for (const user of USERS) {
    const group = ['qmailq', 'qmailr', 'qmails'].includes(user) ? 'qmail' : 'nofiles'
    makeName('passwd', user, 'useradd', '--no-create-home', '--shell', '/bin/false', '-g', group, '-d', user === 'alias' ? join(home, 'alias') : home)
  }
}

/** Numbers no account of this machine is likely to have; one block for each private installation kind. */
const PRIVATE_BASE = 64_100

const privateIds = (home: string, kind: 'private' | 'self'): string => {
  const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  const gid = (name: string): number => (kind === 'self' ? own.gid : PRIVATE_BASE + (name === 'qmail' ? 0 : 1))
  const users = USERS.map((name, i) => {
    const group = ['qmailq', 'qmailr', 'qmails'].includes(name) ? 'qmail' : 'nofiles'
    return `user ${name} ${kind === 'self' ? own.uid : PRIVATE_BASE + 10 + i} ${gid(group)} ${name === 'alias' ? join(home, 'alias') : home}`
  })
  return `${[...users, ...GROUPS.map((name) => `group ${name} ${gid(name)}`)].join('\n')}\n`
}

/** Replaces a file in one step, so that whoever is running the old one keeps it. */
export const replaceFile = (path: string, lay: (temporary: string) => void): void => {
  const temporary = `${path}.new`
  rmSync(temporary, { force: true })
  lay(temporary)
  renameSync(temporary, path)
}

/** Lays a runtime: a link where the checkout and the installation go together, else a copy. */
const layRuntime = (home: string, name: Runtime, from: string, copy: (from: string, to: string) => void): void => {
  const target = join(home, 'lib', name)
  const [ours, theirs] = [statSync(from), statSync(target, { throwIfNoEntry: false })]
  if (theirs && (theirs.ino === ours.ino || (theirs.size === ours.size && theirs.mtimeMs >= ours.mtimeMs))) return
  replaceFile(target, (temporary) => {
    if (home.startsWith(join(top, 'var')) || process.env.QMAIL_TEST_LINK_NODE === '1') {
      try {
        return linkSync(from, temporary)
      } catch {
        // another file system: copy
      }
    }
    copy(from, temporary)
  })
}

export const layRuntimes = (home: string, isWithBun: boolean): void => {
  const node = join(top, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node')
  layRuntime(home, 'node', node, (from, to) => copyFileSync(from, to, constants.COPYFILE_FICLONE))
  if (isWithBun) layRuntime(home, 'bun', bunFile, (from, to) => writeRuntime(to, readFileSync(from)))
}

/** Variables that would make lib/bun run other code than its own, or listen, or speak on a descriptor. */
const BUN_UNSET = ['BUN_OPTIONS', 'BUN_BE_BUN', 'BUN_INSPECT', 'NODE_CHANNEL_FD']

/** Wider permissions that say the same in fewer words: folders of the home become the home, files of /etc become /etc. */
const widen = (permissions: readonly Permission[], below: (path: string) => boolean, to: string): Permission[] => [
  ...new Set(permissions.map((p): Permission => (p.startsWith('read:') && below(p.slice(5)) ? `read:${to}` : p)))
]

const tooLong = (home: string, name: ProgramName): Error =>
  new Error(`the path ${home} is too long: the kernel takes ${MAX_SHEBANG_BYTES} bytes as the first line of bin/${name}`)

/** Has Bun start without compilers. Children never see it (src/os/child.ts). */
const NO_COMPILERS = 'BUN_JSC_useJIT=0'

const bunShebang = (home: string, name: ProgramName, { atHome, isQuick }: Program): string => {
  const unset = BUN_UNSET.map((variable) => `-u${variable}`)
  for (const quick of isQuick ? [[NO_COMPILERS], []] : [[]]) {
    const line = ['#!/usr/bin/env -S', ...(atHome ? [`-C${home}`] : []), ...unset, ...quick, join(home, 'lib', 'bun'), name].join(' ')
    if (line.length <= MAX_SHEBANG_BYTES) return line
  }
  throw tooLong(home, name)
}

/**
 * The first line of an installed program: the runtime of this installation, by absolute path, with what the program may do.
 * The kernel takes 254 bytes; where the exact permissions do not fit, reading is granted by larger folders.
 */
export const shebang = (home: string, name: ProgramName, program: Program, isWithBun: boolean): string => {
  if (isWithBun && program.runtime === 'bun') return bunShebang(home, name, program)
  const etc = widen(program.permissions, (path) => path.startsWith('/etc/'), '/etc')
  const wide = widen(etc, (path) => !isAbsolute(path) && path !== '*', '.')
  const all = widen(wide, () => true, '*')
  for (const permissions of [program.permissions, etc, wide, all]) {
    const flags = nodeFlags(home, join(home, 'bin', name), permissions)
    const needed = permissions === wide ? flags.filter((f) => f !== `--allow-fs-read=${join(home, 'bin', name)}`) : flags
    // these are left out where they would make the permissions wider
    const arenas = program.stays ? [`${STAYS}=1`, `${ARENAS}=1`] : []
    const engine = engineFlags(program.youngMegabytes)
    for (const [variables, bounds] of [
      [arenas, engine],
      [[], engine],
      [[], youngFlags(program.youngMegabytes)],
      [[], []]
    ] as const) {
      const line = ['#!/usr/bin/env -S -u NODE_OPTIONS', ...variables, join(home, 'lib', 'node'), ...bounds, ...needed].join(' ')
      if (line.length <= MAX_SHEBANG_BYTES) return line
    }
  }
  throw tooLong(home, name)
}

/** Throws Error, in words for people, when programs installed in this folder could not be run. */
export const assertFits = (home: string): void => {
  for (const [name, program] of programRows) shebang(homeOf(home), name, program, true)
}

export const layProgram = (home: string, name: ProgramName, program: Program, isWithBun: boolean): void => {
  const bundle = readFileSync(join(top, 'build', 'bin', `${name}.js`), 'utf8')
  replaceFile(join(home, 'bin', name), (temporary) => writeFileSync(temporary, `${shebang(home, name, program, isWithBun)}\n${markerOf(name)}\n${bundle}`))
  for (const link of program.links ?? []) replaceFile(join(home, 'bin', link), (temporary) => symlinkSync(name, temporary))
}

/** The pages in docs/ itself; those of docs/man are installed as manual pages. */
const pagesOfDocs = (): string[] => readdirSync(join(top, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : []))

/** What administrators read and copy: pages to doc/, templates of control/ to doc/control/, service folders and units to service/, with this home in them. */
export const layTexts = (home: string): void => {
  const texts = [
    ...['README.md', 'CHANGES.md', 'SECURITY.md', ...pagesOfDocs()].map((file): [string, string] => [file, join('doc', basename(file))]),
    ...Object.keys(settings).map((name): [string, string] => [join('control', name), join('doc', 'control', name)]),
    ...readdirSync(join(top, 'service'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry): [string, string] => [relative(top, join(entry.parentPath, entry.name)), relative(top, join(entry.parentPath, entry.name))])
  ]
  const places = new Map([...texts, ['control', 'doc/control'], ['service', 'service']] as [string, string][])
  for (const [from, to] of texts) {
    const isScript = (statSync(join(top, from)).mode & 0o100) !== 0
    mkdirSync(join(home, dirname(to)), { recursive: true, mode: 0o755 })
    replaceFile(join(home, to), (temporary) => {
      const text = readFileSync(join(top, from), 'utf8')
      const page = from.endsWith('.md') ? installedPage(text, from, to, places) : text
      writeFileSync(temporary, page.replaceAll('/var/qmail', to.startsWith('service') ? home : '/var/qmail'))
      chmodSync(temporary, isScript ? 0o755 : 0o644)
    })
  }
}

/** The manual pages, into man/, with this home in them. */
export const layManPages = (home: string): void => {
  for (const part of readdirSync(builtPages)) {
    mkdirSync(join(home, 'man', part), { recursive: true, mode: 0o755 })
    for (const page of readdirSync(join(builtPages, part))) {
      const text = readFileSync(join(builtPages, part, page), 'utf8').replaceAll('/var/qmail', home.replaceAll('-', '\\-'))
      replaceFile(join(home, 'man', part, page), (temporary) => writeFileSync(temporary, text, { mode: 0o644 }))
    }
  }
}

/** What runs, and its queue, without what people read: as `install`. */
export const installPrograms = (prefix: string, kind: IdsKind, accountsHome = prefix, runtimes: readonly Runtime[] = ['bun', 'node']): void => {
  const home = homeOf(prefix)
  assertFits(home)
  mkdirSync(join(home, 'bin'), { recursive: true })
  mkdirSync(join(home, 'lib'), { recursive: true })
  if (kind === 'system') makeAccounts(resolve(accountsHome))
  else if (!existsSync(idsFile(home))) writeFileSync(idsFile(home), privateIds(home, kind))
  writeFileSync(join(home, 'package.json'), '{ "private": true, "type": "commonjs" }\n')
  const isWithBun = runtimes.includes('bun') && existsSync(bunFile)
  layRuntimes(home, isWithBun)
  for (const [name, program] of programRows) layProgram(home, name, program, isWithBun)
  layDigests(home)
  for (const entry of files) layEntry(home, entry)
}

/** Installs into `prefix`. New accounts get `accountsHome` as their home; of the runtimes only those named are used, and Bun only where it can be had. build/ must be there. Throws Error with a line for people. */
export const install = (prefix: string, kind: IdsKind, accountsHome = prefix, runtimes: readonly Runtime[] = ['bun', 'node']): void => {
  installPrograms(prefix, kind, accountsHome, runtimes)
  const home = homeOf(prefix)
  layTexts(home)
  layManPages(home)
}

/** What was done, and what comes next, a line each. */
const report = (home: string, fresh: readonly string[]): string[] => {
  const lines = [`installed in ${home}: ${programRows.length} programs; manual pages: man -M ${home}/man qmail; pages: ${home}/doc/README.md`]
  if (fresh.length > 0) lines.push(`control/ was empty; it has ${fresh.join(' ')} (without them all is as in qmail)`)
  const [alias, own] = [suiteUser(home, 'alias').home, join(home, 'alias')]
  if (alias !== own) lines.push(`the account alias has the home ${alias}: mail for aliases goes there, not to ${own}`)
  if (existsSync(join(home, 'control', 'me')))
    lines.push(`next: start the daemons anew (${home}/service/README.md); until then those that run stay as they were`)
  else lines.push(`next: ${home}/bin/qmail-config asks what it has to know and writes the first configuration; then README.md, step 3`)
  const sendmail = '/usr/sbin/sendmail'
  const target = existsSync(sendmail) ? realpathSync(sendmail) : undefined
  if (target !== join(home, 'bin', 'sendmail'))
    lines.push(`${sendmail} is ${target === undefined ? 'not there' : "another program's"}: make sendmail makes it ours`)
  return lines
}

if (process.argv[1] === import.meta.filename) {
  tool('install', () => {
    const [kind, prefix] = process.argv[2] === '--ids' ? [process.argv[3] as IdsKind, process.argv[4]] : ['system' as const, process.argv[2]]
    if (prefix === undefined) throw new Error('usage: install.ts [--ids system|private|self] PREFIX')
    if (kind === 'system' && !isRoot()) throw new Error('only root can install; make run needs no root')
    install(prefix, kind)
    process.stdout.write(
      report(resolve(prefix), layFresh(resolve(prefix)))
        .map((line) => `${line}\n`)
        .join('')
    )
  })
}
