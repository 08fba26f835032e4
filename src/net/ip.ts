import type { Bytes } from '../core/bytes.ts'

/** The IPv4 address in `1.2.3.4` or `[1.2.3.4]`, without leading zeros; undefined for any other text. */
export const addressLiteral = (text: Bytes): string | undefined => {
  const parts = /^(\[?)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(\]?)$/.exec(text)
  if (parts === null || (parts[1] === '') !== (parts[6] === '')) return undefined
  const numbers = parts.slice(2, 6).map(Number)
  return numbers.every((n) => n <= 255) ? numbers.join('.') : undefined
}
