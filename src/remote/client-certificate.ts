import { join } from 'node:path'
import { type Bytes, lower } from '../core/bytes.ts'
import { reason, Temporary } from '../core/failure.ts'
import { isHostName } from '../format/host-name.ts'
import { CLIENT_CERTIFICATE, CoprocessorSession, REQUEST, wishFields } from '../net/coprocessor.ts'
import type { Tls } from './secure.ts'
import type { TlsSettings } from './tls-policy.ts'

/** The domain a sender has a certificate by. */
const domainOf = (sender: Bytes): Bytes => {
  const domain = lower(sender.slice(sender.lastIndexOf('@') + 1))
  return sender.includes('@') && isHostName(domain) ? domain : CLIENT_CERTIFICATE
}

/**
 * How TLS is led for this sender's mail with a certificate of ours (spec modern.md 3.2): by qmail-tlsd -c, for qmail-remote, which hears strangers, has no key.
 * Undefined: there is none.
 */
export const coprocessorFor = (home: string, sender: Bytes, settings: TlsSettings | undefined): Tls['coprocessor'] => {
  const { certificates } = settings ?? { certificates: 'none' }
  if (certificates === 'none') return undefined
  const certificate = certificates === 'one' ? CLIENT_CERTIFICATE : domainOf(sender)
  return async (wish) => {
    try {
      return await CoprocessorSession.open(join(home, 'run', 'remote', 'tls'), REQUEST.client, wishFields(certificate, wish))
    } catch (error) {
      throw new Temporary(`no TLS with our certificate by qmail-tlsd: ${reason(error)}`, { cause: error })
    }
  }
}
