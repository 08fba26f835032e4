import type { Dialogue } from '../dialogue.ts'
import type { Parameter } from './parameters.ts'

/** REQUIRETLS is offered only inside TLS (RFC 8689 2), and only where no queue program stands between that would lose it (spec modern.md 3.9). */
export const mayRequireTls = ({ options }: Dialogue): boolean => options.isEncrypted() && options.keepsNotes

/** REQUIRETLS at MAIL: it has no value. Where it is not offered nobody knows it. */
export const requireTls: Parameter = (value, dialogue) => {
  if (!mayRequireTls(dialogue)) return '555 parameter not supported (#5.5.4)'
  return value === undefined ? undefined : '501 malformed REQUIRETLS (#5.5.4)'
}
