import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { bits, der, integer, octets, oid, sequence, set, tagged, text, time } from '../../format/der.ts'

/** A key and what was made with it, both in PEM. */
export interface Made {
  key: string
  pem: string
}

const DAYS = 3650
const DAY_MILLISECONDS = 86_400_000
const COMMON_NAME_LIMIT = 64
const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'))

const pemOf = (label: string, bytes: Buffer): string =>
  `-----BEGIN ${label}-----\n${(bytes.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END ${label}-----\n`

/** A subject: the first of the names that is short enough to be a common name. Who checks names looks into subjectAltName. */
const subjectOf = (names: readonly string[]): Buffer =>
  sequence(set(sequence(oid('2.5.4.3'), text(names.find((name) => name.length <= COMMON_NAME_LIMIT) ?? 'mail server'))))

/** subjectAltName with these DNS names. */
const alternatives = (names: readonly string[]): Buffer =>
  sequence(oid('2.5.29.17'), octets(sequence(...names.map((name) => der(0x82, Buffer.from(name, 'latin1'))))))

/** basicConstraints of one that signs nothing else. */
const LEAF = sequence(oid('2.5.29.19'), der(0x01, Buffer.from([0xff])), octets(sequence()))

/** extKeyUsage: a server's. */
const SERVER = sequence(oid('2.5.29.37'), octets(sequence(oid('1.3.6.1.5.5.7.3.1'))))

const signed = (content: Buffer, key: KeyObject): Buffer => sequence(content, ECDSA_WITH_SHA256, bits(sign('sha256', content, key)))

const newKey = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { privateKey, key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })), spki: publicKey.export({ type: 'spki', format: 'der' }) }
}

/** A P-256 certificate for these DNS names, signed by itself, good for ten years (RFC 5280). */
export const selfSigned = (names: readonly [string, ...string[]], now: Date): Made => {
  const { privateKey, key, spki } = newKey()
  const name = subjectOf(names)
  const serial = Buffer.concat([Buffer.from([0x01]), randomBytes(15)])
  const validity = sequence(time(now), time(new Date(now.getTime() + DAYS * DAY_MILLISECONDS)))
  const extensions = tagged(3, sequence(LEAF, SERVER, alternatives(names)))
  const content = sequence(tagged(0, integer(Buffer.from([2]))), integer(serial), ECDSA_WITH_SHA256, name, validity, name, spki, extensions)
  return { key, pem: pemOf('CERTIFICATE', signed(content, privateKey)) }
}

/** A P-256 key, and a request for a certificate for these DNS names (RFC 2986). */
export const request = (names: readonly [string, ...string[]]): Made => {
  const { privateKey, key, spki } = newKey()
  const extensions = tagged(0, sequence(oid('1.2.840.113549.1.9.14'), set(sequence(alternatives(names)))))
  const content = sequence(integer(Buffer.from([0])), subjectOf(names), spki, extensions)
  return { key, pem: pemOf('CERTIFICATE REQUEST', signed(content, privateKey)) }
}
