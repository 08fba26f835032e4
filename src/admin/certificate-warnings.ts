import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { listOf, mapOf } from '../control/read.ts'
import type { Bytes } from '../core/bytes.ts'
import { membersOf, suiteGroup, suiteUser, USERS, userName } from '../os/ids.ts'

/** A certificate that ends within this time is warned of. */
const CERTIFICATE_DAYS = 14
const DAY_MILLISECONDS = 86_400_000
/** The files of control/, and of each folder of servercerts/, where qmail-tlsd looks for a key (spec modern.md 1.1). */
const SERVER_FILE = /^server(cert(-ecdsa)?|key)\.pem$/
/** What qmail-tlsd -c shows to servers (spec modern.md 3.1). */
const CLIENT_FILE = 'clientcert.pem'

const readIfAllowed = (path: string): { text: string; stats: Stats } | undefined => {
  try {
    return { text: readFileSync(path, 'latin1'), stats: statSync(path) }
  } catch {
    return undefined // who may not read it learns nothing of it here
  }
}

const ending = async (name: string, text: string, now: number): Promise<string[]> => {
  if (!text.includes('-----BEGIN CERTIFICATE-----')) return []
  const { X509Certificate } = await import('node:crypto')
  try {
    const days = Math.floor((Date.parse(new X509Certificate(text).validTo) - now) / DAY_MILLISECONDS)
    return days < CERTIFICATE_DAYS ? [`${name}: its certificate ${days < 0 ? 'has ended' : `ends in ${days} days`}`] : []
  } catch {
    return [`${name}: its certificate cannot be read`]
  }
}

/** Who besides root and qmailt can read a key (spec modern.md 1.5), by owner and mode. */
const exposed = (home: string, name: string, text: string, { mode, uid, gid }: Stats): string[] => {
  if (!text.includes('PRIVATE KEY-----')) return []
  if (mode & 0o004) return [`${name}: everybody can read its key`]
  const own = suiteUser(home, 'qmailt')
  const others = USERS.map((user) => suiteUser(home, user)).filter((user) => user.uid !== own.uid && user.uid !== 0)
  if (others.length === 0) return [] // an installation of one user
  if (uid !== own.uid && uid !== 0) return [`${name}: ${others.find((user) => user.uid === uid)?.name ?? userName(uid)} can read its key`]
  if ((mode & 0o040) === 0) return []
  const group = (['qmail', 'nofiles'] as const).find((candidate) => suiteGroup(home, candidate) === gid)
  if (group) return [`${name}: the group ${group} can read its key`]
  return membersOf(gid)
    .filter((user) => user !== 'root' && user !== own.name)
    .map((user) => `${name}: ${user} can read its key`)
}

const inServercerts = (control: string): string[] => {
  try {
    return readdirSync(join(control, 'servercerts')).flatMap((folder) =>
      readdirSync(join(control, 'servercerts', folder))
        .filter((file) => SERVER_FILE.test(file))
        .map((file) => join('servercerts', folder, file))
    )
  } catch {
    return [] // none, or not for the caller to see
  }
}

/** The files below control/ that control/domaincerts names. */
const inDomaincerts = (control: string): string[] => {
  const text = readIfAllowed(join(control, 'domaincerts'))?.text ?? ''
  const files = [...mapOf(listOf(text)).values()].flatMap((value) => value.split('|').slice(0, 2))
  return files.map((file) => relative(control, resolve(control, '..', file))).filter((file) => file !== '' && !file.startsWith('..'))
}

/** Certificates in control/ that have ended or will soon, and keys that others than qmail-tlsd can read; those the caller may not read say nothing. Throws Temporary. */
export const certificateWarnings = async (home: string, names: readonly Bytes[], now: number): Promise<string[]> => {
  const control = join(home, 'control')
  const found: string[] = []
  const keyed = new Set([CLIENT_FILE, ...inDomaincerts(control)])
  for (const name of new Set([...names.filter((file) => /cert/.test(file) || SERVER_FILE.test(file)), ...inServercerts(control), ...keyed])) {
    const file = readIfAllowed(join(control, name))
    if (file === undefined) continue
    found.push(...(await ending(name, file.text, now)))
    if (keyed.has(name) || SERVER_FILE.test(name.slice(name.lastIndexOf('/') + 1))) found.push(...exposed(home, name, file.text, file.stats))
  }
  return found
}
