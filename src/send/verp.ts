import { type Bytes, splitAddress } from '../core/bytes.ts'

const SUFFIX = '-@[]'

/** The sender a bounce goes to: without a trailing `-@[]`. */
export const bounceAddress = (sender: Bytes): Bytes => (sender.endsWith(SUFFIX) ? sender.slice(0, -SUFFIX.length) : sender)

/** Is each recipient told another sender? */
export const isPerRecipient = (sender: Bytes): boolean => sender.endsWith(SUFFIX)

/**
 * The sender one delivery is made with: `PRE@HOST-@[]` becomes `PREbox=rhost@HOST` for the (rewritten) recipient `box@rhost`;
 * every other sender stays as it is (spec queue.md 5.8).
 */
export const senderFor = (sender: Bytes, recipient: Bytes): Bytes => {
  if (!isPerRecipient(sender)) return sender
  const { box: pre, host } = splitAddress(bounceAddress(sender))
  const { box, host: recipientHost } = splitAddress(recipient)
  return host === undefined || recipientHost === undefined ? sender : `${pre}${box}=${recipientHost}@${host}`
}
