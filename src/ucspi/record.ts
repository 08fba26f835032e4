import type { Bytes } from '../core/bytes.ts'

/** The longest piece of what is said that is written down as one. */
const PACKET_BYTES = 256

/** The lines that record one chunk: `HEAD text ` for what ended in LF, `HEAD text+` for the rest of a packet (spec network.md 2.6). */
export const recordLines = (head: Bytes, chunk: Buffer): Bytes => {
  let lines = ''
  for (let at = 0; at < chunk.length; at += PACKET_BYTES) {
    const pieces = chunk.toString('latin1', at, at + PACKET_BYTES).split('\n')
    const last = pieces.pop()
    for (const piece of pieces) lines += `${head}${piece} \n`
    if (last !== '') lines += `${head}${last}+\n`
  }
  return lines
}
