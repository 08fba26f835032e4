import { createHash, X509Certificate } from 'node:crypto'
import type { Zone } from './dns-zone.ts'

const digest = (part: Buffer): string => createHash('sha256').update(part).digest('hex')

/** The TLSA record for a certificate's key by this usage. */
export const keyRecord = (usage: number, pem: string): string =>
  `${usage} 1 1 ${digest(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }))}`

/** The TLSA record for a certificate by this usage. */
export const certificateRecord = (usage: number, pem: string): string => `${usage} 0 1 ${digest(new X509Certificate(pem).raw)}`

/** A zone of a relay on 127.0.0.1 that DNSSEC vouches for, mx.site.example, with these records; and what more it is to hold. */
export const relayZone = (port: number, tlsa: string[], more: Zone = {}): Zone => ({
  '': { secure: true },
  'mx.site.example': { a: ['127.0.0.1'], secure: true },
  [`_${port}._tcp.mx.site.example`]: { tlsa, secure: true },
  ...more
})

const MAIL = ['hear', '250 s\r\n', 'hear', '250 r\r\n', 'hear', '354 go\r\n', 'hear all', '250 done\r\n'] as const

/** A server that offers TLS and takes a message inside, and one that offers none. */
export const BY_TLS = ['220 hi\r\n', 'hear', '250-hi\r\n250 STARTTLS\r\n', 'hear', '220 go\r\n', 'tls', 'hear', '250 hi inside\r\n', ...MAIL] as const
export const IN_CLEAR = ['220 hi\r\n', 'hear', '250 hi\r\n', ...MAIL] as const
