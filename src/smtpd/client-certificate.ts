import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'

/** What a client's certificate is worth, by the variables of the handshake (spec modern.md 1.8). */
export type CertificateVerdict =
  /** It stands, and is known; the address or fingerprint it is known by. */
  | { kind: 'known'; name: Bytes }
  /** It may not relay; `why`: what is wrong with it, empty where it is only not known. Undefined: certificates are not asked for. */
  | { kind: 'unknown'; why: Bytes }

/** `clients`: control/tlsclients, mail addresses and `sha256:HEX`; undefined: certificates do not count. */
export const judgeCertificate = (env: Readonly<Env>, clients: readonly Bytes[] | undefined): CertificateVerdict | undefined => {
  const verdict = env.SSL_CLIENT_VERIFY
  if (clients === undefined || clients.length === 0 || verdict === undefined) return undefined
  if (verdict !== 'SUCCESS') return { kind: 'unknown', why: verdict.startsWith('FAILED:') ? verdict.slice('FAILED:'.length) : '' }
  const address = env.SSL_CLIENT_S_DN_Email ?? env.SSL_CLIENT_SAN_Email_0
  const names = [...(address === undefined ? [] : [address]), `sha256:${env.SSL_CLIENT_FINGERPRINT ?? ''}`]
  const name = names.find((one) => clients.some((client) => client.toLowerCase() === one.toLowerCase()))
  return name === undefined ? { kind: 'unknown', why: '' } : { kind: 'known', name }
}
