import { isFile, piecesOf } from './pieces.ts'

const LF = 0x0a

const linesIn = (bytes: Uint8Array): number => {
  let lines = 0
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) lines++
  return lines
}

/**
 * How many bytes a message, held in memory or in an open file, has with CRLF line ends, as SIZE counts them (RFC 1870 5). Undefined for what cannot be read twice, a pipe. The descriptor stays
 * where it stands. Throws system errors.
 */
export const wireSize = async (message: Buffer | number): Promise<number | undefined> => {
  if (typeof message !== 'number') return message.length + linesIn(message)
  if (!isFile(message)) return undefined
  let bytes = 0
  for await (const piece of piecesOf(message)) bytes += piece.length + linesIn(piece)
  return bytes
}
