import { readSetting } from '../control/read.ts'
import type { Bytes } from '../core/bytes.ts'

/**
 * The answer to CAPA (RFC 2449), which qmail does not know: undefined, as long as control/pop3capa is missing. Trouble with that file counts as missing: the
 * mailbox's owner may not be allowed to read it.
 */
export const capabilities = (home: string): Bytes | undefined => {
  try {
    const lines = readSetting(home, 'pop3capa')
    return lines && `+OK \r\n${lines.map((line) => `${line.replace(/[^!-~ ]/g, '?')}\r\n`).join('')}.\r\n`
  } catch {
    return undefined
  }
}
