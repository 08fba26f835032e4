import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readSetting } from '../control/read.ts'
import { SPEAKS_TLS } from '../control/speaks-tls.ts'
import { type Bytes, lower } from '../core/bytes.ts'
import { printable } from '../core/logline.ts'
import { routePlace } from '../format/smtproutes.ts'
import { hasPassword } from './password-warnings.ts'

const isIn = (home: string, name: string): boolean => existsSync(join(home, 'control', name))

const esmtpAdvice = (home: string): string[] =>
  isIn(home, 'servercert.pem') && !SPEAKS_TLS.some((name) => isIn(home, name))
    ? ['esmtp: mail comes by TLS (servercert.pem), but goes without; with control/esmtp qmail-remote uses it, too']
    : []

/** Flags of tlsdestinations that demand a certificate of a host, and of all (spec network.md 10.7). */
const VERIFIED = ['=', '~', '%', '']
const ALL_VERIFIED = ['=*', '~*', '+*']

const isVerified = (home: string, relay: Bytes): boolean => {
  if (isIn(home, `tlshosts/${relay}.pem`)) return true
  const keys = (readSetting(home, 'tlsdestinations') ?? []).map((line) => lower(line.split(':', 1)[0] ?? ''))
  const ends = [relay, ...Array.from(relay.matchAll(/\./g), ({ index }) => relay.slice(index))]
  return keys.some((key) => ALL_VERIFIED.includes(key) || ends.some((end) => VERIFIED.some((flag) => key === flag + end)))
}

/** The relays that are given a password, without their ports. */
const passwordRelays = (home: string): Bytes[] => {
  const maps = [readSetting(home, 'authsenders'), readSetting(home, 'smtproutes')]
  const values = maps.flatMap((map) => [...(map ?? new Map<Bytes, Bytes>())]).filter(([key, value]) => hasPassword(`${key}:${value}`))
  return [...new Set(values.map(([, value]) => lower(routePlace(value).split(/[:;]/, 1)[0] ?? '')))].filter((relay) =>
    /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(relay)
  )
}

const relayAdvice = (home: string): string[] =>
  passwordRelays(home)
    .filter((relay) => !/^[\d.]+$/.test(relay) && !isVerified(home, relay))
    .map((relay) => `tlsdestinations: ${relay} is told a password, whoever answers for it; with a line =${relay}: only the one whose certificate is right`)

/** What would be better in control/, but is not wrong. Throws Temporary where a file cannot be read. */
export const adviceOf = (home: string): string[] => [...esmtpAdvice(home), ...relayAdvice(home)].map(printable)
