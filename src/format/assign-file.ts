import { type Bytes, lower } from '../core/bytes.ts'
import { Temporary } from '../core/failure.ts'

/** Colons of a line after the one that ends the address. */
const COLONS = 6

const badFormat = (): Temporary => new Temporary('bad format in users/assign')

/** `user:uid:gid:homedir:dash:ext:` as users/cdb has it: colons 1 to 5 are NUL, what follows the sixth does not count. */
const dataOf = (fields: Bytes[]): Bytes => {
  if (fields.length <= COLONS) throw badFormat()
  return fields.slice(0, COLONS).join('\0')
}

/** The lines before the one that starts with `.`; without such a line, or with NUL: bad format. */
const linesOf = (text: Bytes): Bytes[] => {
  const lines = text.split('\n')
  const end = lines.findIndex((line) => line.startsWith('.'))
  if (end < 0) throw badFormat()
  return lines.slice(0, end)
}

/**
 * The records of users/cdb for a users/assign file, in their order, the wildcard characters last (spec local-delivery.md 2.4).
 * Unlike qmail, a wildcard whose last letter is upper case works: look-ups are in lower case, so its character is too (11).
 * Throws Temporary, "bad format in users/assign".
 */
export const assignRecords = (text: Bytes): [Bytes, Bytes][] => {
  const wildchars = new Set<Bytes>()
  const records = linesOf(text).map((line): [Bytes, Bytes] => {
    const [head = '', ...fields] = line.split(':')
    if (head === '' || line.includes('\0')) throw badFormat()
    const data = dataOf(fields)
    const address = lower(head.slice(1))
    if (!head.startsWith('+')) return [`!${address}\0`, data]
    if (address !== '') wildchars.add(address.slice(-1))
    return [`!${address}`, data]
  })
  return [...records, ['', [...wildchars].join('')]]
}
