import { type Bytes, toBuffer } from '../../core/bytes.ts'
import { Exit } from '../../core/exit.ts'
import { Permanent } from '../../core/failure.ts'
import { writeFd } from '../../core/fdio.ts'
import { printable } from '../../core/logline.ts'
import type { Context } from '../../core/run.ts'
import { Questions } from './ask.ts'
import { Findings, firstPerson, ownName } from './findings.ts'
import { type ConfigOptions, parseConfigOptions } from './options.ts'
import { checkedAdmin, checkedName, checkedRelay, domainOf, type PlannedFile, planFor, type Wishes } from './plan.ts'
import { pathOf, putFile, type Standing, standing } from './write.ts'

const FD = { in: 0, out: 1, questions: 2 } as const
const say = (line: string): void => writeFd(FD.out, toBuffer(`${line}\n`))
const row = (name: Bytes, text: Bytes): void => say(`  ${printable(name).padEnd(26)} ${printable(text)}`)

interface Item {
  file: PlannedFile
  path: Bytes
  standing: Standing
}

const showHost = async (findings: Findings, host: Bytes, from: string): Promise<void> => {
  say('This host:')
  row('name', `${host} (${from})`)
  row('addresses', findings.addresses().join(' ') || 'none but its own to itself')
  row('its name in DNS', await findings.addressLine(host))
}

const showDomains = async (findings: Findings, names: readonly Bytes[]): Promise<void> => {
  const lines = await Promise.all(names.map((name) => findings.mailLines(name)))
  say('Where DNS sends mail:')
  for (const [n, name] of names.entries()) for (const line of lines[n] ?? []) row(name, line)
}

/** Words of a list as people type it. */
const words = (text: Bytes): Bytes[] => text.split(/[\s,]+/).filter(Boolean)

const domainsWanted = (options: ConfigOptions, host: Bytes, questions: Questions | undefined): Bytes[] => {
  const usual = options.domains.length > 0 ? options.domains : options.role === 'hub' ? [domainOf(host)] : []
  if (questions === undefined || options.domains.length > 0) return usual
  const what = options.role === 'null-client' ? 'Domain that mail written here comes from' : `Domains besides ${host} whose users are here`
  const answer = words(questions.ask(what, usual.join(' ') || 'none'))
  return answer.join() === 'none' ? [] : answer
}

const adminWanted = ({ admin }: ConfigOptions, questions: Questions | undefined): Bytes => {
  const wanted = admin ?? questions?.ask('Who reads mail to postmaster, abuse and root', firstPerson() ?? '')
  if (!wanted) throw new Permanent('who reads mail to postmaster, abuse and root? Name an address with --admin')
  return wanted
}

/** What is wanted, by the command line, what was found, and answers. Throws Permanent for what makes no sense. */
const wishesOf = async (options: ConfigOptions, findings: Findings, questions: Questions | undefined): Promise<Wishes> => {
  const found = ownName()
  const relay = options.relay === undefined ? undefined : checkedRelay(options.relay)
  const given = options.host ?? questions?.ask('Name of this host', found.name) ?? found.name
  const host = checkedName(given, "this host's name (--host)")
  await showHost(findings, host, host === found.name ? found.from : 'as told')
  const domains = domainsWanted(options, host, questions).map((name) => checkedName(name, 'a domain'))
  await showDomains(findings, [...new Set([host, ...domains])])
  const admin = options.role === 'null-client' ? undefined : checkedAdmin(adminWanted(options, questions), host, domains)
  return { role: options.role, host, domains, admin, relay }
}

const REMARKS: Record<Standing, string> = { new: '', same: '  (is so already)', differs: '  (there is another one)' }

const show = (items: readonly Item[]): void => {
  say('Files:')
  for (const { file, standing } of items) row(`${file.folder}/${file.name}`, `${file.lines.join(' ') || 'empty'}${REMARKS[standing]}`)
}

/** Which of the files that say something else are to be replaced. An alias of one's own is kept; of control/ all or nothing is written. Permanent: nothing is. */
const replaced = (items: readonly Item[], { isForced }: ConfigOptions, questions: Questions | undefined): readonly Item[] => {
  const others = items.filter(({ standing }) => standing === 'differs')
  if (others.length === 0 || isForced) return others
  const names = others.map(({ file }) => `${file.folder}/${file.name}`).join(' ')
  if (questions?.confirm(`Replace ${names}, which say something else?`)) return others
  if (others.every(({ file }) => file.folder === 'alias')) return []
  throw new Permanent(`nothing is written: ${names} say something else; --force replaces them`)
}

const NEXT: Record<Wishes['role'], string> = {
  host: 'Next: restart qmail-send, or start it (service/README.md).',
  hub: 'Next: restart qmail-send, or start it (service/README.md); hosts that may send through this one are named in the rules of tcpserver: 192.0.2.:allow,RELAYCLIENT=""',
  'null-client': 'Next: restart qmail-send, or start it (service/README.md); qmail-smtpd is not needed.'
}

const writeAll = (items: readonly Item[], isToReplace: readonly Item[]): void => {
  process.umask(0o022)
  for (const item of items) {
    if (item.standing === 'same') continue
    if (item.standing === 'differs' && !isToReplace.includes(item)) {
      row(`${item.file.folder}/${item.file.name}`, 'kept as it was')
      continue
    }
    putFile(item.path, item.file.lines, item.standing === 'differs')
  }
}

/**
 * qmail-config: shows what it found of this host and DNS and what it will write, then writes control/ and the aliases every host needs. Asks on descriptor 2, unless
 * told --yes. Throws Usage; Permanent for names that make no sense, and where nothing may be written; Temporary.
 */
export const config = async ({ home, args, env }: Context): Promise<number> => {
  const options = parseConfigOptions(args)
  const questions = options.isYes || options.isDry ? undefined : new Questions({ in: FD.in, out: FD.questions })
  const wishes = await wishesOf(options, new Findings(env), questions)
  const items = planFor(wishes).map((file): Item => {
    const path = pathOf(home, file)
    return { file, path, standing: standing(path, file.lines) }
  })
  show(items)
  if (options.isDry) return Exit.ok
  if (items.every((item) => item.standing === 'same')) {
    say('All of it is so already.')
    return Exit.ok
  }
  const isToReplace = replaced(items, options, questions)
  if (questions && !questions.confirm('Write these files?')) throw new Permanent('nothing is written')
  writeAll(items, isToReplace)
  say(NEXT[wishes.role])
  return Exit.ok
}
