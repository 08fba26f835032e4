import { type Bytes, isAscii, toBuffer } from '../../core/bytes.ts'

const decoder = new TextDecoder('utf-8', { fatal: true })

const isDecodable = (bytes: Uint8Array): boolean => {
  try {
    decoder.decode(bytes)
    return true
  } catch {
    return false
  }
}

/** Is it UTF-8 (RFC 3629: nothing overlong, no surrogates)? ASCII is. */
export const isInUtf8 = (text: Bytes): boolean => isAscii(text) || isDecodable(toBuffer(text))

/** May it stand in an address of SMTPUTF8 (spec modern.md 5.4): UTF-8 without the controls U+0080 to U+009F? */
export const isUtf8Address = (text: Bytes): boolean => isInUtf8(text) && !/\xc2[\x80-\x9f]/.test(text)
