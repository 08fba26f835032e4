import { isXtext } from '../../format/xtext.ts'
import type { Parameter } from '../esmtp/parameters.ts'

const MAX_BYTES = 500

/** AUTH=address of MAIL (RFC 4954 5): who submitted the message first, as xtext. It is checked, and believed nothing of. */
export const authParameter: Parameter = (value = '') =>
  value !== '' && value.length <= MAX_BYTES && isXtext(value) ? undefined : '501 malformed AUTH parameter (#5.5.4)'
