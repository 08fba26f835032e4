import type { Bytes } from '../../core/bytes.ts'
import { treatList } from '../../format/addresslist.ts'
import { tokenize, unquoted } from '../../format/token822.ts'

/** The values of From in a header, unfolded. */
const fromFields = (header: Bytes): Bytes[] => [...header.matchAll(/^from[ \t]*:((?:[^\n]|\n[ \t])*)/gim)].map(([, value = '']) => value.replaceAll('\n', ' '))

/** The addresses in the From fields of a header (RFC 5322 3.6.2), as they are written; undefined: one of them makes no sense. */
export const fromAddresses = (header: Bytes): Bytes[] | undefined => {
  const addresses: Bytes[] = []
  for (const field of fromFields(header)) {
    const tokens = tokenize(field)
    const list =
      tokens &&
      treatList(tokens, (address) => {
        addresses.push(unquoted(address))
        return address
      })
    if (list === undefined) return undefined
  }
  return addresses.filter((address) => address !== '')
}
