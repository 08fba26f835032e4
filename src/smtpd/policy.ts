import { type Bytes, lower } from '../core/bytes.ts'

/** Is this sender in badmailfrom, as a whole or by its `@host`? The empty one never is (spec network.md 4.4). */
export const isBadSender = (badmailfrom: ReadonlySet<Bytes>, sender: Bytes): boolean => {
  if (sender === '') return false
  const address = lower(sender)
  const at = address.lastIndexOf('@')
  return badmailfrom.has(address) || (at >= 0 && badmailfrom.has(address.slice(at)))
}
