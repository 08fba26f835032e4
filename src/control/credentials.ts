import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { readIfThere } from '../core/if-there.ts'
import { pemParts } from './pem.ts'

/** The files of one name's folder (spec modern.md 1.1). */
export const CERTIFICATE = 'servercert.pem'
export const SECOND_CERTIFICATE = 'servercert-ecdsa.pem'
export const KEY = 'serverkey.pem'

/** A certificate with its chain, leaf first, and the key that fits it, both in PEM. */
export interface Credentials {
  chain: string
  key: string
  leaf: X509Certificate
}

const keyOf = (pem: string, passphrase: string | undefined): KeyObject => {
  try {
    return createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase })
  } catch {
    throw new Error(passphrase === undefined ? 'its key cannot be read (no passphrase is possible)' : 'its key cannot be read with this password')
  }
}

/**
 * Puts a certificate text and a key text together. Throws Error with the reason, in words for people, when they cannot be used: nothing in
 * it, a key that does not fit the leaf, a leaf whose time is over.
 */
export const credentialsOf = (certificateText: string, keyText: string, now: Date, passphrase?: string): Credentials => {
  const { certificates } = pemParts(certificateText)
  const [key] = pemParts(keyText).keys
  if (certificates[0] === undefined) throw new Error('it holds no certificate')
  if (key === undefined) throw new Error('there is no key')
  const leaf = new X509Certificate(certificates[0])
  if (!leaf.checkPrivateKey(keyOf(key, passphrase))) throw new Error('the key is not that of the first certificate')
  if (leaf.validToDate < now) throw new Error(`the certificate ended on ${leaf.validToDate.toISOString().slice(0, 10)}`)
  return { chain: certificates.join(''), key, leaf }
}

/**
 * The credentials of a folder: one, or one of each kind of key; undefined when there is no servercert.pem. Throws Error when one
 * cannot be used, system errors when a file cannot be read.
 */
export const readCredentials = (folder: string, now: Date): [Credentials, ...Credentials[]] | undefined => {
  const certificate = readIfThere(join(folder, CERTIFICATE))
  if (certificate === undefined) return undefined
  const first = credentialsOf(certificate, readIfThere(join(folder, KEY)) ?? certificate, now)
  const second = readIfThere(join(folder, SECOND_CERTIFICATE))
  return second === undefined ? [first] : [first, credentialsOf(second, second, now)]
}
