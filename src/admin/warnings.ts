import { statSync } from 'node:fs'
import { join } from 'node:path'
import { listOf, readSetting, readText } from '../control/read.ts'
import { type Setting, type SettingName, settings } from '../control/table.ts'
import { type Bytes, leadingNumber, lower } from '../core/bytes.ts'
import { printable } from '../core/logline.ts'
import { parseNetwork } from '../net/ip.ts'
import { suiteUser } from '../os/ids.ts'
import { certificateWarnings } from './certificate-warnings.ts'
import { readWhole, unhonoured } from './control-files.ts'
import { passwordWarnings } from './password-warnings.ts'

/** Names of files that are not settings themselves: compiled, or folders of programs. */
const COMPILED = /\.(cdb|tmp)$|~$/
/** How many letters may differ between an unknown file and the setting that was meant. */
const MAX_DISTANCE = 2

/** How many letters have to be put in, left out or changed to make one word the other; two that changed places count once. */
export const distance = (a: string, b: string): number => {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min((rows[i - 1]?.[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (rows[i - 1]?.[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (rows[i - 2]?.[j - 2] ?? 0) + 1)
      row.push(least)
    }
    rows.push(row)
  }
  return rows[a.length]?.[b.length] ?? 0
}

/** What somebody may have meant who called a file of control/ so. */
export const meantBy = (name: Bytes): SettingName | undefined => {
  const near = (Object.keys(settings) as SettingName[])
    .map((known) => ({ known, far: distance(lower(name), known) }))
    .filter(({ known, far }) => far <= Math.min(MAX_DISTANCE, Math.floor(known.length / 3)))
    .toSorted((a, b) => a.far - b.far)
  return near[0]?.known
}

const unknownFiles = (names: readonly Bytes[]): string[] =>
  names
    .filter((name) => !Object.hasOwn(settings, name) && readWhole(name) === undefined)
    .flatMap((name) => {
      const why = unhonoured(name)
      if (why !== undefined) return [`${name}: no effect: ${why}`]
      if (COMPILED.test(name)) return []
      const meant = meantBy(name)
      return meant === undefined ? [] : [`${name}: no program reads it; is ${meant} meant?`]
    })

/** Numbers without a digit, and entries of maps without a colon: they count as if they were not there. */
const unreadValues = (home: string, names: readonly Bytes[]): string[] =>
  names.flatMap((name) => {
    const setting: Setting | undefined = Object.hasOwn(settings, name) ? settings[name as SettingName] : undefined
    const text = setting === undefined ? undefined : readText(home, name)
    if (setting?.type === 'number' && text !== undefined && leadingNumber(text) === undefined)
      return [`${name}: there is no number in it: ${setting.default} ${setting.unit} counts`]
    if (setting?.type === 'map' && text !== undefined) {
      return listOf(text)
        .filter((entry) => !entry.includes(':'))
        .map((entry) => `${name}: no colon, so it does not count: ${entry}`)
    }
    return []
  })

/** Who may say for whom it speaks, and so get at what the rules give to others (spec modern.md 5.8). */
const frontWarnings = (home: string): string[] =>
  (readSetting(home, 'xclient') ?? []).flatMap((line) => {
    const network = parseNetwork(line)
    if (network === undefined) return [`xclient: no address or address/bits, so it does not count: ${line}`]
    return network.endsWith(':') ? [`xclient: everybody may say to be anybody else: ${line}`] : []
  })

const compiledWarnings = (home: string): string[] => {
  const [text, cdb] = ['mailfromrules', 'mailfromrules.cdb'].map((name) => statSync(join(home, 'control', name), { throwIfNoEntry: false })?.mtimeMs)
  if (text === undefined || (cdb !== undefined && cdb >= text)) return []
  return [`mailfromrules: mailfromrules.cdb, which counts, is ${cdb === undefined ? 'missing' : 'older'}: run qmail-mfrules`]
}

const relayWarnings = (home: string, locals: readonly Bytes[], virtual: readonly Bytes[]): string[] => {
  const rcpthosts = readSetting(home, 'rcpthosts')
  if (rcpthosts === undefined) return ['rcpthosts: there is none, so qmail-smtpd takes mail for all domains from everybody']
  if (readText(home, 'morercpthosts') !== undefined) return []
  const taken = rcpthosts.map(lower)
  const isTaken = (domain: Bytes): boolean => taken.some((entry) => entry === domain || (entry.startsWith('.') && domain.endsWith(entry)))
  return [...new Set([...locals, ...virtual])]
    .filter((domain) => domain !== 'localhost' && /^[^.@].*\./.test(domain) && !domain.includes('@') && !isTaken(domain))
    .map((domain) => `rcpthosts: ${domain} is delivered here, but qmail-smtpd takes no mail for it`)
}

const conflicts = (locals: readonly Bytes[], virtual: readonly Bytes[]): string[] =>
  virtual.filter((key) => locals.includes(key.slice(key.lastIndexOf('@') + 1))).map((key) => `virtualdomains: ${key} does not count: its domain is in locals`)

/** Mail to postmaster has to arrive somewhere (RFC 5321 4.5.1), and double bounces go there. A folder we may not look into says nothing. */
const noPostmaster = (home: string): string[] => {
  const folder = suiteUser(home, 'alias').home
  const isThere = (name: string): boolean => {
    try {
      return statSync(join(folder, name), { throwIfNoEntry: false }) !== undefined
    } catch {
      return true
    }
  }
  if (isThere('.qmail-postmaster') || isThere('.qmail-default')) return []
  return [`postmaster has no alias: neither ${folder}/.qmail-postmaster nor .qmail-default is there`]
}

/** What is wrong, or cannot be meant, in the configuration; `names`: the files of control/. Throws Temporary where a setting cannot be read. */
export const warningsOf = async (home: string, names: readonly Bytes[], now = Date.now()): Promise<string[]> => {
  const me = readSetting(home, 'me')
  const locals = (readSetting(home, 'locals') ?? [me ?? '']).map(lower)
  const virtual = [...(readSetting(home, 'virtualdomains') ?? new Map<Bytes, Bytes>()).keys()]
  // a host without a queue hands all mail on
  const isMini = readSetting(home, 'qmqpservers') !== undefined
  const warnings = [
    ...(me === undefined || me === '' ? ['me: this host has no name'] : []),
    ...conflicts(locals, virtual),
    ...(isMini ? [] : relayWarnings(home, locals, virtual)),
    ...(isMini || locals.length === 0 ? [] : noPostmaster(home)),
    ...unreadValues(home, names),
    ...unknownFiles(names),
    ...frontWarnings(home),
    ...compiledWarnings(home),
    ...passwordWarnings(home),
    ...(await certificateWarnings(home, names, now))
  ]
  return warnings.map(printable)
}
