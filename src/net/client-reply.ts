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

/** A line that comes in pieces; of one that is far longer than what is shown, the start is enough. */
const longer = (line: Bytes, more: Bytes): Bytes => (line.length > 4 * MAX_TEXT_BYTES ? line : line + more)

/**
 * Reads one SMTP answer of any number of lines: `-` as the fourth byte means that another line follows; a line ends with LF
 * (spec network.md 6.4). What comes after it stays unread. Throws ConnectionDied.
 */
export const readReply = async (connection: Connection): Promise<Reply> => {
  let code: number | undefined
  let text = ''
  let line = ''
  for (let size = 0; size <= MAX_REPLY_BYTES; ) {
    const chunk = await connection.read()
    size += chunk.length
    let at = 0
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', at)) {
      line = longer(line, chunk.slice(at, end + 1))
      at = end + 1
      code ??= /^[0-9]{3}/.test(line) ? Number(line.slice(0, 3)) : NONSENSE
      text = added(text, line)
      const isLast = line.charAt(3) !== '-'
      line = ''
      if (!isLast) continue
      if (at < chunk.length) connection.unread(chunk.slice(at))
      return { code, text }
    }
    line = longer(line, chunk.slice(at))
  }
  connection.abort()
  throw new ConnectionDied('the answer has no end')
}
