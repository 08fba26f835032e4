import type { PeerCertificate, TLSSocket } from 'node:tls'
import type { Bytes } from '../core/bytes.ts'

/** Values are cut at this many bytes. */
const MAX_VALUE_BYTES = 1024

/** What came of the client's certificate: it sent none, it stands, or why it does not. */
export type ClientVerdict = 'NONE' | 'SUCCESS' | `FAILED:${string}`

const safe = (value: string): Bytes =>
  Buffer.from(value, 'utf8')
    .toString('latin1')
    .replace(/[\0-\x1f\x7f]/g, '?')
    .slice(0, MAX_VALUE_BYTES)

/** `/C=../O=../CN=..`, as OpenSSL words a name on one line. */
const oneLine = (name: object | undefined): string =>
  Object.entries(name ?? {})
    .flatMap(([key, value]) => [value].flat().map((one) => `/${key}=${String(one)}`))
    .join('')

const field = (name: object | undefined, key: string): string | undefined => {
  const value: unknown = (name as Record<string, unknown> | undefined)?.[key]
  const [first] = [value].flat()
  return typeof first === 'string' ? first : undefined
}

const clientVariables = (certificate: PeerCertificate): [string, string | undefined][] => [
  ['SSL_CLIENT_S_DN', oneLine(certificate.subject)],
  ['SSL_CLIENT_S_DN_CN', field(certificate.subject, 'CN')],
  ['SSL_CLIENT_S_DN_Email', field(certificate.subject, 'emailAddress')],
  ['SSL_CLIENT_SAN_Email_0', /(?:^|, )email:([^,]+)/.exec(certificate.subjectaltname ?? '')?.[1]],
  ['SSL_CLIENT_I_DN', oneLine(certificate.issuer)],
  ['SSL_CLIENT_M_SERIAL', certificate.serialNumber],
  ['SSL_CLIENT_V_END', certificate.valid_to],
  ['SSL_CLIENT_FINGERPRINT', certificate.fingerprint256.replaceAll(':', '').toLowerCase()]
]

/** Bits of a cipher's key, from its name. */
const keyBits = (cipher: string): string | undefined => (/CHACHA20/.test(cipher) ? '256' : /(128|256)/.exec(cipher)?.[1])

/**
 * What is known of a session after its handshake, under Apache mod_ssl's names (spec modern.md 1.6). `commonName`: of the certificate we showed.
 */
export const sslVariables = (tls: TLSSocket, sni: string | undefined, commonName: string | undefined, client: ClientVerdict): [string, Bytes][] => {
  const cipher = tls.getCipher().standardName ?? tls.getCipher().name
  const certificate = client === 'NONE' ? undefined : tls.getPeerCertificate()
  const all: [string, string | undefined][] = [
    ['SSL_PROTOCOL', tls.getProtocol() ?? undefined],
    ['SSL_CIPHER', tls.getCipher().name],
    ['SSL_CIPHER_USEKEYSIZE', keyBits(cipher)],
    ['SSL_CIPHER_ALGKEYSIZE', keyBits(cipher)],
    ['SSL_TLS_SNI', sni],
    ['SSL_SERVER_S_DN_CN', commonName],
    ['SSL_CLIENT_VERIFY', client],
    ...(certificate ? clientVariables(certificate) : [])
  ]
  return all.flatMap(([name, value]) => (value === undefined ? [] : [[name, safe(value)] as [string, Bytes]]))
}
