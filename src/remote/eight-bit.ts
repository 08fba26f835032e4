import { isAscii } from '../core/bytes.ts'
import { isFile, piecesOf } from './pieces.ts'

/**
 * Has a message, held in memory or in an open file, bytes beyond ASCII? They count, not what BODY= said of them (spec modern.md 5.3). Undefined for what cannot be read twice, a pipe. The
 * descriptor stays where it stands. Throws system errors.
 */
export const isEightBit = async (message: Buffer | number): Promise<boolean | undefined> => {
  if (typeof message !== 'number') return !isAscii(message.toString('latin1'))
  if (!isFile(message)) return undefined
  for await (const piece of piecesOf(message)) if (!isAscii(piece.toString('latin1'))) return true
  return false
}
