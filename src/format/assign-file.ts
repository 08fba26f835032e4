import { type Bytes, lower } from '../core/bytes.ts'
import { Temporary } from '../core/failure.ts'

/** Colons of a line after the one that ends the address. */
const COLONS = 6

const badFormat = (line: number, why: string): Temporary => new Temporary(`bad format in users/assign, line ${line}: ${why}`)

/** `user:uid:gid:homedir:dash:ext:` as users/cdb has it: colons 1 to 5 are NUL, what follows the sixth does not count; undefined with fewer. */
const dataOf = (fields: Bytes[]): Bytes | undefined => (fields.length <= COLONS ? undefined : fields.slice(0, COLONS).join('\0'))

/** The lines before the one that starts with `.`. Without such a line: bad format. */
const linesOf = (text: Bytes): Bytes[] => {
  const lines = text.split('\n')
  const end = lines.findIndex((line) => line.startsWith('.'))
  if (end < 0) throw badFormat(lines.length, 'the last line has to be a dot')
  return lines.slice(0, end)
}

const whatIsWrong = (line: Bytes, data: Bytes | undefined): string | undefined => {
  if (line === '') return 'it is empty'
  if (line.startsWith(':')) return 'nothing stands before its first colon'
  if (line.includes('\0')) return 'it holds a NUL'
  return data === undefined ? `it has not ${COLONS + 1} colons` : undefined
}

/**
 * The records of users/cdb for a users/assign file, in their order, the wildcard characters last (spec local-delivery.md 2.4).
 * Unlike qmail, a wildcard whose last letter is upper case works: look-ups are in lower case, so its character is too (11).
 * `more`: records made otherwise, which come after them. Throws Temporary, "bad format in users/assign", with the line and what is wrong with it.
 */
export const assignRecords = (text: Bytes, more: [Bytes, Bytes][] = []): [Bytes, Bytes][] => {
  const wildchars = new Set<Bytes>()
  const records = linesOf(text).map((line, n): [Bytes, Bytes] => {
    const [head = '', ...fields] = line.split(':')
    const data = dataOf(fields)
    const wrong = whatIsWrong(line, data)
    if (wrong !== undefined || data === undefined) throw badFormat(n + 1, wrong ?? '')
    const address = lower(head.slice(1))
    if (!head.startsWith('+')) return [`!${address}\0`, data]
    if (address !== '') wildchars.add(address.slice(-1))
    return [`!${address}`, data]
  })
  for (const [key] of more) if (!key.endsWith('\0')) wildchars.add(key.slice(-1))
  return [...records, ...more, ['', [...wildchars].join('')]]
}
