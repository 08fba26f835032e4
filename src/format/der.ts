/** DER, the bytes of ASN.1 (X.690): just what certificates and requests for them are made of. */
const length = (bytes: number): Buffer => {
  if (bytes < 0x80) return Buffer.from([bytes])
  const hex = bytes.toString(16)
  const digits = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return Buffer.concat([Buffer.from([0x80 | digits.length]), digits])
}

/** One value: its tag, its length, and what it holds. */
export const der = (tag: number, ...parts: Buffer[]): Buffer => {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag]), length(content.length), content])
}

export const sequence = (...parts: Buffer[]): Buffer => der(0x30, ...parts)
export const set = (...parts: Buffer[]): Buffer => der(0x31, ...parts)
/** A context-specific value that holds others. */
export const tagged = (number: number, ...parts: Buffer[]): Buffer => der(0xa0 | number, ...parts)
export const octets = (content: Buffer): Buffer => der(0x04, content)
export const bits = (content: Buffer): Buffer => der(0x03, Buffer.from([0]), content)
export const text = (value: string): Buffer => der(0x0c, Buffer.from(value, 'utf8'))

/** A number that is not negative, its bytes with the highest first. */
export const integer = (bytes: Buffer): Buffer => der(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)

const base128 = (number: number): number[] => (number < 0x80 ? [number] : [...base128(Math.floor(number / 0x80)).map((b) => b | 0x80), number % 0x80])

/** An object identifier, as `2.5.29.17`. */
export const oid = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

/** A moment, to the second: UTCTime up to 2049, GeneralizedTime after that (RFC 5280 4.1.2.5). */
export const time = (date: Date): Buffer => {
  const digits = date.toISOString().replace(/\.\d+/, '').replace(/[-T:]/g, '')
  return date.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(digits.slice(2), 'latin1')) : der(0x18, Buffer.from(digits, 'latin1'))
}
