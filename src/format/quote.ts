import type { Bytes } from '../core/bytes.ts'

/** Must a local part be quoted? Empty, dots at an end or doubled, or any byte that is not an RFC 822 atom's (spec injection-admin.md 2.9). */
const needsQuoting = (box: Bytes): boolean => box === '' || /^\.|\.$|\.\.|[^A-Za-z0-9!#$%&'*+\-./=?^_`{|}~]/.test(box)

/** A local part as it stands in SMTP and in headers: in quotes if it needs them, with `\` before CR, LF, `"` and `\`. */
export const quoteBox = (box: Bytes): Bytes => (needsQuoting(box) ? `"${box.replace(/[\r\n"\\]/g, '\\$&')}"` : box)

/** The same in SMTP with SMTPUTF8, where letters that are not ASCII stand as they are (RFC 6531 3.3). */
export const quoteUtf8Box = (box: Bytes): Bytes => (needsQuoting(box.replace(/[\x80-\xff]/g, 'x')) ? quoteBox(box) : box)

/** A raw address with its local part (before the last `@`) quoted if needed; the host is not altered. Empty stays empty. */
export const quoteAddress = (address: Bytes): Bytes => {
  if (address === '') return ''
  const at = address.lastIndexOf('@')
  return at < 0 ? quoteBox(address) : quoteBox(address.slice(0, at)) + address.slice(at)
}

/** Is there a CR or LF in it? Such an address would be more than one line of SMTP, and no mail system passes it on. */
export const hasLineEnd = (address: Bytes): boolean => address.includes('\r') || address.includes('\n')

/** A text as one word of a shell. */
export const shellQuoted = (text: Bytes): Bytes => `'${text.replaceAll("'", `'\\''`)}'`
