import type { Bytes } from '../core/bytes.ts'
import type { Message } from '../os/message.ts'

const LF = 10

/** Does the message's header hold exactly this line (given with its LF)? Only whole lines up to the first empty one count (spec local-delivery.md 3.3). */
export const hasHeaderLine = (message: Message, line: Bytes): boolean => {
  const wanted = Buffer.from(line, 'latin1')
  let held: Buffer = Buffer.alloc(0)
  for (const chunk of message.chunks()) {
    let at = 0
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, at)) {
      const length = held.length + end + 1 - at
      if (length === 1) return false
      if (length === wanted.length && Buffer.concat([held, chunk.subarray(at, end + 1)]).equals(wanted)) return true
      held = held.subarray(0, 0)
      at = end + 1
    }
    // A line longer than ours cannot match, so no more of it need be kept.
    held = Buffer.concat([held, chunk.subarray(at)]).subarray(0, wanted.length)
  }
  return false
}
