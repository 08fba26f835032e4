import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { SecureVersion } from 'node:tls'
import { readSetting } from '../control/read.ts'
import { SPEAKS_TLS } from '../control/speaks-tls.ts'
import { type Bytes, lower } from '../core/bytes.ts'
import { errorCode, reason, Temporary } from '../core/failure.ts'
import { isHostName } from '../format/host-name.ts'
import type { DaneDemand } from './dane-check.ts'

/** How much a destination's mail wants TLS (spec modern.md 3.4); `local`, `dane`: with a certificate that must be right, by control/ or by DNS. */
export type TlsLevel = 'none' | 'opportunistic' | 'encrypt' | 'local' | 'dane'

/** What must be true of the certificate, at level `local`. */
export interface TlsCheck {
  /** Trust anchors in PEM; undefined: those of control/cafile or the system. */
  ca: string | undefined
  /** SHA-256 of the certificate, lower-case hex, instead of everything else. */
  fingerprint: string | undefined
  /** Whose certificate it must be: any that is trusted, the host's, the host's without a wildcard, or the host's, by its common name too. */
  name: 'any' | 'matching' | 'exact' | 'orCommon'
}

/** The rule for one host. */
export interface TlsPolicy {
  level: TlsLevel
  /** The file that says so, as it is named in reports. */
  source: Bytes
  check: TlsCheck | undefined
  /** What must be true of the certificate, at level `dane`. */
  dane?: DaneDemand
  /** OpenSSL's words; undefined: those of control/tlsclientciphers. */
  ciphers: string | undefined
}

/** What control/ says of TLS towards other hosts; undefined: it says nothing, and TLS is not spoken (spec modern.md 3.1). */
export interface TlsSettings {
  control: string
  destinations: ReadonlyMap<Bytes, Bytes> | undefined
  ciphers: string | undefined
  minVersion: SecureVersion
  /** Have we certificates of our own to show: none, one, or by the sender's domain? */
  certificates: 'none' | 'one' | 'bySender'
}

const VERSIONS: Readonly<Record<string, SecureVersion>> = { TLSv1: 'TLSv1', TLSv1_1: 'TLSv1.1', TLSv1_2: 'TLSv1.2', TLSv1_3: 'TLSv1.3' }
const SYSTEM_ANCHORS = '/etc/ssl/certs/ca-certificates.crt'
/** Where nothing is demanded. */
export const OPPORTUNISTIC: TlsPolicy = { level: 'opportunistic', source: '', check: undefined, ciphers: undefined }

const exists = (path: string): boolean => {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch (error) {
    if (errorCode(error) === 'ENOTDIR') return false // control/notlshosts may be a file
    throw new Temporary(`unable to look at ${path}: ${reason(error)}`, { cause: error })
  }
}

const textOf = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined
    throw new Temporary(`unable to read ${path}: ${reason(error)}`, { cause: error })
  }
}

/** Reads them. Throws Temporary when one is unreadable. */
export const readTlsSettings = (home: string): TlsSettings | undefined => {
  const control = join(home, 'control')
  if (!SPEAKS_TLS.some((name) => exists(join(control, name)))) return undefined
  const destinations = readSetting(home, 'tlsdestinations')
  const ciphers = readSetting(home, 'tlsclientciphers')
  const certificates = exists(join(control, 'domaincerts')) ? 'bySender' : exists(join(control, 'clientcert.pem')) ? 'one' : 'none'
  return {
    control,
    destinations:
      destinations &&
      new Map(destinations.filter((line) => line.includes(':')).map((line) => [lower(line.slice(0, line.indexOf(':'))), line.slice(line.indexOf(':') + 1)])),
    ciphers: ciphers?.join(':'),
    minVersion: VERSIONS[readSetting(home, 'tlsclientmethod') ?? ''] ?? 'TLSv1.2',
    certificates
  }
}

/** The trust anchors of everything that names none of its own: control/cafile, else the system's, else node's. */
export const defaultAnchors = (home: string): string | undefined => textOf(readSetting(home, 'cafile') ?? SYSTEM_ANCHORS)

/** All certificates of a file, or of the files of a folder. Throws Temporary when there are none to be read. */
const anchorsIn = (path: string): string => {
  try {
    if (!statSync(path).isDirectory()) return readFileSync(path, 'latin1')
    return readdirSync(path)
      .map((name) => readFileSync(join(path, name), 'latin1'))
      .join('\n')
  } catch (error) {
    throw new Temporary(`unable to read ${path}: ${reason(error)}`, { cause: error })
  }
}

/** `tlshosts/FQDN.pem` makes TLS and a verified certificate a must; an empty one means the anchors of the system. */
const byHostFile = ({ control }: TlsSettings, host: Bytes): TlsPolicy | undefined => {
  const anchors = isHostName(host) ? textOf(join(control, 'tlshosts', `${host}.pem`)) : undefined
  if (anchors === undefined) return undefined
  const ca = anchors.trim() === '' ? undefined : anchors
  return { level: 'local', source: `control/tlshosts/${host}.pem`, check: { ca, fingerprint: undefined, name: 'orCommon' }, ciphers: undefined }
}

const isExempt = ({ control }: TlsSettings, host: Bytes): boolean => {
  if (!isHostName(host)) return false
  if (exists(join(control, 'notlshosts', host))) return true
  const list = exists(join(control, 'notlshosts')) && !statSync(join(control, 'notlshosts')).isDirectory() ? textOf(join(control, 'notlshosts')) : undefined
  return list?.split('\n').some((line) => lower(line.trim()) === host) ?? false
}

/** What tlsdestinations may have a host under: itself, then its ends that begin with a dot. */
const suffixes = (host: Bytes): Bytes[] => [host, ...Array.from(host.matchAll(/\./g), ({ index }) => host.slice(index)).filter((end) => end !== host)]

type Kind = 'none' | 'fingerprint' | 'exact' | 'matching' | 'any' | 'encrypt' | 'opportunistic'

/** Flags in the order they are looked up, and what each demands (spec network.md 10.7). */
const FLAGS: readonly { flag: string; kind: Kind; isHostOnly?: boolean }[] = [
  { flag: '!', kind: 'none' },
  { flag: '%', kind: 'fingerprint', isHostOnly: true },
  { flag: '=', kind: 'exact', isHostOnly: true },
  { flag: '~', kind: 'matching' },
  { flag: '', kind: 'any' },
  { flag: '-', kind: 'encrypt' }
]
/** The same for all hosts. */
const DEFAULTS: readonly { key: string; kind: Kind }[] = [
  { key: '!*', kind: 'none' },
  { key: '=*', kind: 'exact' },
  { key: '~*', kind: 'matching' },
  { key: '+*', kind: 'any' },
  { key: '-*', kind: 'encrypt' },
  { key: '*', kind: 'opportunistic' },
  { key: '-', kind: 'opportunistic' }
]

const found = (destinations: ReadonlyMap<Bytes, Bytes>, destination: Bytes): { key: Bytes; kind: Kind; value: Bytes } | undefined => {
  for (const { flag, kind, isHostOnly } of FLAGS)
    for (const end of isHostOnly ? [destination] : suffixes(destination)) {
      const value = destinations.get(flag + end)
      if (value !== undefined && end !== '*' && flag + end !== '') return { key: flag + end, kind, value }
    }
  for (const { key, kind } of DEFAULTS) {
    const value = destinations.get(key)
    if (value !== undefined) return { key, kind, value }
  }
  return undefined
}

const byDestination = ({ destinations }: TlsSettings, destination: Bytes): TlsPolicy | undefined => {
  const rule = destinations && found(destinations, destination)
  if (rule === undefined) return undefined
  const source = `control/tlsdestinations ${rule.key}:`
  const [trust = '', ciphers = ''] = (rule.value.split(';', 1)[0] ?? '').split('|')
  const common = { source, ciphers: ciphers === '' ? undefined : ciphers }
  if (rule.kind === 'none' || rule.kind === 'opportunistic' || rule.kind === 'encrypt') return { level: rule.kind, check: undefined, ...common }
  if (rule.kind === 'fingerprint')
    return { level: 'local', check: { ca: undefined, fingerprint: trust.replaceAll(':', '').toLowerCase(), name: 'any' }, ...common }
  return { level: 'local', check: { ca: trust === '' ? undefined : anchorsIn(trust), fingerprint: undefined, name: rule.kind }, ...common }
}

/**
 * What is demanded of TLS with `host` (an exchanger or relay; an address literal has no name) for mail to `destination` (a domain, or the relay). First of all
 * control/tlshosts, then exemptions, then control/tlsdestinations; where nothing is said TLS is opportunistic. Throws Temporary when a file is unreadable.
 */
export const policyFor = (settings: TlsSettings, destination: Bytes, host: Bytes): TlsPolicy => {
  const [to, at] = [lower(destination), lower(host)]
  const strict = byHostFile(settings, at)
  if (strict) return strict
  if (isExempt(settings, at)) return { ...OPPORTUNISTIC, level: 'none', source: `control/notlshosts/${at}` }
  const rule = byDestination(settings, to)
  if (rule && rule.level !== 'opportunistic') return rule
  if (exists(join(settings.control, 'tlshosts', 'exhaustivelist'))) return { ...OPPORTUNISTIC, level: 'none', source: 'control/tlshosts/exhaustivelist' }
  return rule ?? OPPORTUNISTIC
}
