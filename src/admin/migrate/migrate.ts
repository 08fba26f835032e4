import { join } from 'node:path'
import minimist from 'minimist'
import { type Bytes, toBuffer } from '../../core/bytes.ts'
import { Exit } from '../../core/exit.ts'
import { Permanent, Usage } from '../../core/failure.ts'
import { writeFd } from '../../core/fdio.ts'
import { printable } from '../../core/logline.ts'
import type { Context } from '../../core/run.ts'
import { firstPerson, ownName } from '../config/findings.ts'
import { checkedAdmin, checkedName } from '../config/plan.ts'
import { pathOf, putFile, type Standing, standing } from '../config/write.ts'
import { EXIM_FILE, readExim } from './exim.ts'
import type { Found } from './found.ts'
import { MAIN_CF } from './main-cf.ts'
import { planOf, rulesOf } from './plan.ts'
import { readPostfix } from './postfix.ts'
import { readSendmail, SENDMAIL_MC } from './sendmail.ts'
import { Source } from './source.ts'

export const USAGE =
  'qmail-migrate: usage: qmail-migrate [--from postfix|exim|sendmail] [--root DIR] [--host NAME] [--admin ADDRESS] [--rules FILE] [--write] [--force]'
const RULES = '/etc/tcp.smtp'

/** The MTAs that can be read, the file each is known by, and its reader. */
const MTAS: Record<string, { file: string; read: (source: Source, host: Bytes) => Found }> = {
  postfix: { file: MAIN_CF, read: readPostfix },
  exim: { file: EXIM_FILE, read: readExim },
  sendmail: { file: SENDMAIL_MC, read: readSendmail }
}

interface MigrateOptions {
  from: string | undefined
  root: string
  host: Bytes | undefined
  admin: Bytes | undefined
  rules: Bytes
  isWriting: boolean
  isForced: boolean
}

const parse = (args: readonly Bytes[]): MigrateOptions => {
  const refuse = (word: string): never => {
    throw new Usage(`qmail-migrate: unknown: ${word}\n${USAGE}`)
  }
  const parsed = minimist([...args], { string: ['from', 'root', 'host', 'admin', 'rules'], boolean: ['write', 'force'], unknown: refuse })
  const value = (name: string): string | undefined => {
    const given: unknown = [parsed[name]].flat().at(-1)
    if (given === '') throw new Usage(`qmail-migrate: --${name} takes a value\n${USAGE}`)
    return typeof given === 'string' ? given : undefined
  }
  const from = value('from')
  if (from !== undefined && !Object.hasOwn(MTAS, from)) refuse(from)
  return {
    from,
    root: value('root') ?? '/',
    host: value('host'),
    admin: value('admin'),
    rules: value('rules') ?? RULES,
    isWriting: parsed.write === true,
    isForced: parsed.force === true
  }
}

/** Which MTA is read: the one named, or the only one there. Throws Permanent. */
const mtaOf = (source: Source, { from }: MigrateOptions): string => {
  const there = Object.entries(MTAS).filter(([name, { file }]) => (from === undefined || name === from) && source.text(file) !== undefined)
  const [name] = there.map(([mta]) => mta)
  if (name !== undefined && there.length === 1) return name
  const files = Object.values(MTAS).map(({ file }) => join(source.root, file))
  throw new Permanent(
    there.length > 1 ? `there are ${there.map(([mta]) => mta).join(' and ')}: say which, --from` : `nothing to read: none of ${files.join(' ')}`
  )
}

interface Item {
  shown: Bytes
  path: Bytes
  lines: readonly Bytes[]
  standing: Standing
}
const item = (shown: Bytes, path: Bytes, lines: readonly Bytes[]): Item => ({ shown, path, lines, standing: standing(path, lines) })

const say = (line: string): void => writeFd(1, toBuffer(`${line}\n`))
const WORDS: Record<Standing, string> = { new: '', same: '  (is so already)', differs: '  (there is another one)' }

const showFile = ({ shown, lines, standing }: Item): void => {
  const text = lines.map(printable)
  if (text.length <= 1) say(`  ${printable(shown).padEnd(26)} ${text[0] ?? 'empty'}${WORDS[standing]}`)
  else {
    say(`  ${printable(shown)}${WORDS[standing]}`)
    for (const line of text) say(`      ${line}`)
  }
}

const write = (items: readonly Item[], isForced: boolean): void => {
  const others = items.filter(({ standing }) => standing === 'differs')
  if (others.length > 0 && !isForced) {
    throw new Permanent(`nothing is written: ${others.map(({ shown }) => shown).join(' ')} say something else; --force replaces them`)
  }
  process.umask(0o022)
  for (const { path, lines, standing } of items) if (standing !== 'same') putFile(path, lines, standing === 'differs')
}

/** What mail would be lost by: names that have to be there, accounts of the system. */
const remarkOnNames = (source: Source, found: Found, admin: Bytes | undefined): void => {
  if (found.locals.length === 0) return
  if (admin === undefined) found.remarks.push('nobody reads mail to postmaster and root where they have no alias: name an address with --admin')
  const silent = source.systemAccounts().filter((name) => name !== 'root' && !found.aliases.has(name) && name !== 'nobody')
  if (silent.length > 0) found.remarks.push(`accounts of the system have no mail here without an alias: ${silent.join(' ')}`)
}

const hostOf = (source: Source, given: Bytes | undefined): Bytes => {
  if (given !== undefined) return checkedName(given, "this host's name (--host)")
  const own = ownName().name
  return source.root === '/' || source.lines('/etc/hostname').length === 0 ? own : (source.lines('/etc/hostname')[0] ?? own)
}

/**
 * qmail-migrate: reads another MTA's configuration, shows the files of control/ and alias/ and the rules it comes to, and what could not be carried over; with
 * --write writes them, replacing nothing without --force. Throws Usage, Permanent, Temporary.
 */
export const migrate = ({ home, args }: Context): number => {
  const options = parse(args)
  const source = new Source(options.root)
  const mta = mtaOf(source, options)
  const found = (MTAS[mta] as (typeof MTAS)[string]).read(source, hostOf(source, options.host))
  found.me = checkedName(found.me, "this host's name (--host)")
  const wanted = options.admin ?? (options.root === '/' ? firstPerson() : [...source.people()][0])
  const admin = wanted === undefined ? undefined : checkedAdmin(wanted, found.me, found.locals)
  remarkOnNames(source, found, admin)
  const items = planOf(found, admin).map((file) => item(`${file.folder}/${file.name}`, pathOf(home, file), file.lines))
  items.push(item(options.rules, options.rules, rulesOf(found)))
  say(`Read: ${mta}, ${join(options.root, (MTAS[mta] as (typeof MTAS)[string]).file)} and what belongs to it.`)
  say('Files:')
  for (const one of items) showFile(one)
  say(found.remarks.length === 0 ? 'All of it is carried over.' : 'Not carried over, or not in the same way:')
  for (const remark of found.remarks) say(`  ${printable(remark)}`)
  if (!options.isWriting) {
    say('Nothing is written; --write writes these files.')
    return Exit.ok
  }
  write(items, options.isForced)
  say(`Written. Next: tcprules ${options.rules}.cdb ${options.rules}.tmp < ${options.rules}, then start qmail-send anew (service/README.md).`)
  return Exit.ok
}
