import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { type Credentials, credentialsOf } from '../../control/credentials.ts'
import { pemParts } from '../../control/pem.ts'
import { Permanent, reason, Temporary } from '../../core/failure.ts'

const read = (file: string): string => {
  try {
    return readFileSync(file, 'latin1')
  } catch (error) {
    throw new Temporary(`unable to read ${file}: ${reason(error)}`, { cause: error })
  }
}

/** Carries a check out; what it throws says that the certificate cannot be used. */
const check = <T>(what: string, work: () => T): T => {
  try {
    return work()
  } catch (error) {
    throw new Permanent(`${what}: ${reason(error)}`, { cause: error })
  }
}

const dayOf = (date: Date): string => date.toISOString().slice(0, 10)

/** Certificates of a PEM text. Throws Permanent when there is none, or one cannot be read. */
const certificatesIn = (file: string, text: string): [X509Certificate, ...X509Certificate[]] => {
  const [leaf, ...others] = pemParts(text).certificates.map((pem, n) => check(`${file}: certificate ${n + 1}`, () => new X509Certificate(pem)))
  if (leaf === undefined) throw new Permanent(`${file}: it holds no certificate`)
  return [leaf, ...others]
}

/** Is a certificate for this name? `*.` before it: for a name right below. */
const isFor = (leaf: X509Certificate, name: string): boolean => leaf.checkHost(name.replace(/^\*\./, 'any.')) !== undefined

/**
 * A chain, leaf first, and its key, out of two files or one, as qmail-tlsd can use them, for `name` or for everybody. `warn` hears of what can be used, but may not
 * be meant. Throws Permanent when it cannot be used, Temporary when a file cannot be read.
 */
export const givenPair = (chainFile: string, keyFile: string, name: string | undefined, now: Date, warn: (text: string) => void): Credentials => {
  const [chainText, keyText] = [read(chainFile), read(keyFile)]
  const chain = certificatesIn(chainFile, chainText)
  if (pemParts(keyText).keys.length === 0) throw new Permanent(`${keyFile}: it holds no private key`)
  const both = chainFile === keyFile ? chainFile : `${chainFile} and ${keyFile}`
  const pair = check(both, () => credentialsOf(chainText, keyText, now))
  if (pair.leaf.validFromDate > now) throw new Permanent(`${chainFile}: the certificate begins only on ${dayOf(pair.leaf.validFromDate)}`)
  check(`${both}: TLS does not take it`, () => createSecureContext({ cert: pair.chain, key: pair.key }))
  const stray = chain.findIndex((one, n) => n > 0 && !chain[n - 1]?.checkIssued(one))
  if (stray > 0) warn(`${chainFile}: certificate ${stray + 1} is not that of who signed the one before it`)
  if (name !== undefined && !isFor(pair.leaf, name)) warn(`${chainFile}: the certificate is not for ${name}`)
  return pair
}
