import { type Bytes, isAscii, splitAddress } from '../core/bytes.ts'
import { aLabels, withALabels } from '../format/unicode/a-labels.ts'
import type { Delivery } from './delivery.ts'
import { isFile, piecesOf } from './pieces.ts'

/** Is this message one of SMTPUTF8 (spec modern.md 5.4)? Any other goes out as it is, whatever its bytes. */
export const isInternational = ({ notes }: Delivery): boolean => notes?.items.includes('utf8') === true

/** Where the domain alone is not ASCII, its A-labels say the same to any host (RFC 6531 3.2). */
const plainest = (address: Bytes): Bytes => (isAscii(splitAddress(address).box) ? withALabels(address) : address)

/** An international message with all domains as DNS and hosts without SMTPUTF8 know them. */
export const inALabels = (delivery: Delivery): Delivery => {
  if (!isInternational(delivery)) return delivery
  const { host, sender, recipients } = delivery
  return { ...delivery, host: aLabels(host) ?? host, sender: plainest(sender), recipients: recipients.map(plainest) }
}

/** Finds the end of a header that comes in pieces, and whether all before it is ASCII. */
class HeaderLook {
  isAscii = true
  isOver = false
  /** The end of a line was the last that came; so is the beginning of all. */
  #isAtLine = true

  push(piece: Uint8Array): void {
    for (const byte of piece) {
      if (byte === 0x0a && this.#isAtLine) this.isOver = true
      this.#isAtLine = byte === 0x0a
      if (byte > 0x7f) this.isAscii = false
      if (this.isOver || !this.isAscii) return
    }
  }
}

const isHeaderAscii = async (message: Buffer | number): Promise<boolean> => {
  const look = new HeaderLook()
  if (typeof message !== 'number') look.push(message)
  else if (isFile(message)) {
    for await (const piece of piecesOf(message)) {
      look.push(piece)
      if (look.isOver || !look.isAscii) break
    }
  }
  return look.isAscii
}

/** What an international delivery needs SMTPUTF8 for, as the status that says so where a host has it not (RFC 6531 3.5): an address, or only the header; undefined: it does not. Throws system errors. */
export const needOf = async ({ sender, recipients, message }: Delivery): Promise<'5.6.7' | '5.6.9' | undefined> => {
  if (![sender, ...recipients].every(isAscii)) return '5.6.7'
  return (await isHeaderAscii(message)) ? undefined : '5.6.9'
}
