import type { Bytes } from '../core/bytes.ts'
import { type Connection, ConnectionDied } from './client.ts'

/** A server's answer: the code of its first line, and all of its lines for people, without CR. */
export interface Reply {
  code: number
  text: Bytes
}

/** An answer whose first three bytes are not digits: worse than every code. */
const NONSENSE = 999
/** What people get to see of an answer (spec network.md 6.1). */
const MAX_TEXT_BYTES = 5000
/** A server that talks on beyond this is not answering. */
const MAX_REPLY_BYTES = 1 << 20

/** Adds one line to an answer, as far as it may be shown. */
const added = (text: Bytes, line: Bytes): Bytes =>
  text.length >= MAX_TEXT_BYTES ? text : (text + line.replaceAll('\r', '').replaceAll('\0', '?')).slice(0, MAX_TEXT_BYTES)

/**
 * Reads one SMTP answer of any number of lines: `-` as the fourth byte means that another line follows; a line ends with LF
 * (spec network.md 6.4). What comes after it stays unread. Throws ConnectionDied.
 */
export const readReply = async (connection: Connection): Promise<Reply> => {
  let code: number | undefined
  let text = ''
  let held = ''
  for (let size = 0; size <= MAX_REPLY_BYTES; ) {
    const chunk = await connection.read()
    size += chunk.length
    held += chunk
    for (let end = held.indexOf('\n'); end >= 0; end = held.indexOf('\n')) {
      const line = held.slice(0, end + 1)
      held = held.slice(end + 1)
      code ??= /^[0-9]{3}/.test(line) ? Number(line.slice(0, 3)) : NONSENSE
      text = added(text, line)
      if (line.charAt(3) === '-') continue
      if (held !== '') connection.unread(held)
      return { code, text }
    }
  }
  connection.abort()
  throw new ConnectionDied('the answer has no end')
}
