import { readSetting } from '../control/read.ts'
import { type Bytes, lower } from '../core/bytes.ts'

/** What control/ says of DANE (spec modern.md 3.1, 3.5). */
export interface DaneSettings {
  /** Addresses of name servers whose word on DNSSEC counts besides this host's. */
  trusted: readonly Bytes[]
  /** Hosts are looked at whose domain's MX records DNSSEC does not vouch for. */
  usesInsecureMx: boolean
  /** Mail to these domains, and those below, goes by DANE or not at all; undefined: there are none; empty: all. */
  required: readonly Bytes[] | undefined
}

/** Reads it. undefined: there is no DANE. Throws Temporary when a file is unreadable. */
export const readDaneSettings = (home: string): DaneSettings | undefined => {
  const level = readSetting(home, 'dane')
  if (level <= 0) return undefined
  return {
    trusted: readSetting(home, 'dnssectrust') ?? [],
    usesInsecureMx: readSetting(home, 'daneinsecuremx') > 0,
    required: level >= 2 ? (readSetting(home, 'tlsadomains') ?? []).map(lower) : undefined
  }
}
