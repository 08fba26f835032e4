/**
 * Byte strings: addresses, arguments, file names and other short values travel as JavaScript strings that hold one byte a
 * character (latin1). Nothing is lost, and they compare and split like text. Message data stays in Buffers.
 */
export type Bytes = string

const ASCII = /^[\0-\x7f]*$/

/** Is the byte string plain ASCII? */
export const isAscii = (text: Bytes): boolean => ASCII.test(text)

/** The bytes of a byte string. */
export const toBuffer = (text: Bytes): Buffer => Buffer.from(text, 'latin1')

/** The bytes of a text in UTF-8. */
export const utf8Bytes = (text: string): Bytes => Buffer.from(text, 'utf8').toString('latin1')

/** The same text, standing by itself: a part of a long text otherwise keeps all of that in memory. */
export const ownCopy = (text: Bytes): Bytes => toBuffer(text).toString('latin1')

/** A path for node:fs: the same bytes, whatever they are. */
export const fsPath = (path: Bytes): string | Buffer => (isAscii(path) ? path : toBuffer(path))

/** ASCII letters A-Z to lower case, all other bytes untouched. */
export const lower = (text: Bytes): Bytes => (isAscii(text) ? text.toLowerCase() : text.replace(/[A-Z]+/g, (s) => s.toLowerCase()))

/** Splits an address at its last `@`; without one, host is undefined. */
export const splitAddress = (address: Bytes): { box: Bytes; host: Bytes | undefined } => {
  const at = address.lastIndexOf('@')
  return at < 0 ? { box: address, host: undefined } : { box: address.slice(0, at), host: address.slice(at + 1) }
}

/**
 * Where the first line that begins so stands, at `from` or after it; -1: nowhere. For one line of a long text: to cut 10,000 of them costs more than what
 * is done with the one.
 */
export const findLine = (text: Bytes, start: Bytes, from = 0): number => {
  if (from === 0 && text.startsWith(start)) return 0
  const end = text.indexOf(`\n${start}`, Math.max(0, from - 1))
  return end < 0 ? -1 : end + 1
}

/** A line, by where it stands, without its end. */
export const lineAt = (text: Bytes, at: number): Bytes => {
  const end = text.indexOf('\n', at)
  return text.slice(at, end < 0 ? undefined : end)
}

/** The longest run of digits at the start of a text, as a number modulo 2^32; undefined without digits (spec network.md 1.1). */
export const leadingNumber = (text: Bytes): number | undefined => {
  const digits = /^[0-9]+/.exec(text)?.[0]
  if (digits === undefined) return undefined
  return digits.length < 10 ? Number(digits) : Number(BigInt.asUintN(32, BigInt(digits)))
}
