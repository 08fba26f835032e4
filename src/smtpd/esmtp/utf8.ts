import { type Bytes, isAscii } from '../../core/bytes.ts'
import { isUtf8Address } from '../../format/unicode/utf8.ts'
import type { Dialogue } from '../dialogue.ts'
import type { Parameter } from './parameters.ts'

/** SMTPUTF8 at MAIL (RFC 6531): it has no value. */
export const smtputf8: Parameter = (value) => (value === undefined ? undefined : '501 malformed SMTPUTF8 (#5.5.4)')

/**
 * What there is against an address for its bytes, as a reply; `isAsked`: its transaction was begun with SMTPUTF8 (RFC 6531 3.5). Where that is not offered, or the client
 * said HELO, any bytes pass, as ever (spec modern.md 5.4).
 */
export const bytesObjection = ({ state, options }: Dialogue, address: Bytes, isAsked: boolean): Bytes | undefined => {
  if (isAscii(address)) return undefined
  if (isAsked) return isUtf8Address(address) ? undefined : '553 address is not in UTF-8 (#5.6.7)'
  const isOffered = state.isExtended && options.settings.esmtp?.includes('SMTPUTF8')
  return isOffered ? '553 non-ASCII address needs SMTPUTF8 (#5.6.7)' : undefined
}
