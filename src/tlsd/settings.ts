import { join } from 'node:path'
import { readSetting } from '../control/read.ts'
import { readIfThere } from '../core/if-there.ts'
import type { ContextOptions } from './store.ts'

/** Handshakes are given up after this long, or after timeoutsmtpd where that is shorter. */
const HANDSHAKE_SECONDS = 60

/** What control/ says about TLS towards clients (spec modern.md 1.1). */
export interface TlsdSettings {
  context: Omit<ContextOptions, 'ticketKeys'>
  asksClient: boolean
  handshakeMilliseconds: number
  /** What was odd, for the log. */
  warnings: string[]
}

/** The files that are read here; others than before: everything is made anew. */
export const FILES = ['tlsserverciphers', 'tlsservermethod', 'clientca.pem', 'clientcrl.pem', 'tlsclients', 'timeoutsmtpd']

const versions = new Map<string, NonNullable<ContextOptions['minVersion']>>([
  ['TLSv1', 'TLSv1'],
  ['TLSv1_1', 'TLSv1.1'],
  ['TLSv1_2', 'TLSv1.2'],
  ['TLSv1_3', 'TLSv1.3']
])

const text = (home: string, name: string): string | undefined => readIfThere(join(home, 'control', name))

/** Reads them. Throws Temporary or a system error when one cannot be read. */
export const readTlsdSettings = (home: string): TlsdSettings => {
  const method = readSetting(home, 'tlsservermethod') ?? 'TLSv1_2'
  const ca = text(home, 'clientca.pem')
  const asksClient = ca !== undefined && (readSetting(home, 'tlsclients')?.length ?? 0) > 0
  return {
    context: {
      ciphers: readSetting(home, 'tlsserverciphers')?.join(':'),
      minVersion: versions.get(method) ?? 'TLSv1.2',
      ...(asksClient ? { ca, crl: text(home, 'clientcrl.pem') } : {})
    },
    asksClient,
    handshakeMilliseconds: Math.min(HANDSHAKE_SECONDS, Math.max(1, readSetting(home, 'timeoutsmtpd'))) * 1000,
    warnings: versions.has(method) ? [] : [`warning: control/tlsservermethod: ${method} is no version; TLSv1_2 it is`]
  }
}
