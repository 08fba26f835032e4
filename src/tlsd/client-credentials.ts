import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Credentials, credentialsOf } from '../control/credentials.ts'
import { readSetting } from '../control/read.ts'
import type { Bytes } from '../core/bytes.ts'
import { reason } from '../core/failure.ts'
import { readIfThere } from '../core/if-there.ts'
import { CLIENT_CERTIFICATE } from '../net/coprocessor.ts'

/** Who has no line of its own in control/domaincerts. */
const ALL = '*'

/** A certificate shown to servers, and where it stands. */
export interface ClientCredentials {
  file: string
  credentials: Credentials
  passphrase: string | undefined
}

const made = (file: string, passphrase: string | undefined, make: () => Credentials): ClientCredentials => {
  try {
    return { file, credentials: make(), passphrase }
  } catch (error) {
    throw new Error(`${file} not usable: ${reason(error)}`, { cause: error })
  }
}

/** A line of domaincerts: `certfile|keyfile|password`, where names of files are below the home; without a key's file it stands in the first. */
const byLine = (home: string, value: Bytes): ClientCredentials => {
  const [certificate = '', key = '', password = ''] = value.split('|')
  const read = (file: string): string => readFileSync(resolve(home, file), 'latin1')
  const passphrase = password === '' ? undefined : password
  return made(certificate, passphrase, () => {
    const text = read(certificate)
    return credentialsOf(text, key === '' ? text : read(key), new Date(), passphrase)
  })
}

/**
 * What is shown to servers: that of the sender's domain by control/domaincerts, else control/clientcert.pem; undefined: nothing. `certificate`: a domain, or
 * `clientcert`. Read each time, as files may change. Throws Error, in words for people, when it cannot be used, and Temporary.
 */
export const clientCredentials = (home: string, certificate: Bytes): ClientCredentials | undefined => {
  const lines = readSetting(home, 'domaincerts')
  const line = (certificate === CLIENT_CERTIFICATE ? undefined : lines?.get(certificate)) ?? lines?.get(ALL)
  if (line !== undefined) return byLine(home, line)
  const text = readIfThere(join(home, 'control', 'clientcert.pem'))
  return text === undefined ? undefined : made('control/clientcert.pem', undefined, () => credentialsOf(text, text, new Date()))
}
