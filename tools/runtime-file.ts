/**
 * How lib/bun lies on the disk. Linux keeps a file in its page cache in the pieces it was written in, up to 2 MiB, and maps such a piece of the text at
 * one fault where it lies in the file as it will lie in memory. On a virtual machine whose faults cost 17 us a start of Bun costs a quarter less so, as long
 * as the pieces stay in memory (bench/RESULTS.md). Nothing else depends on it. Node's daemons, which start once, gain nothing by it and map 15 MB more.
 */
import { closeSync, fchmodSync, openSync, writeSync } from 'node:fs'

/** The largest piece that x86-64 and 64-bit ARM with pages of 4 kB map at once. */
const PIECE_BYTES = 2 << 20

/** Writes a file of programs anew, in large pieces: executable for all. */
export const writeRuntime = (path: string, bytes: Buffer): void => {
  const fd = openSync(path, 'wx')
  try {
    fchmodSync(fd, 0o755)
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, Math.min(PIECE_BYTES - (at % PIECE_BYTES), bytes.length - at))
  } finally {
    closeSync(fd)
  }
}

/** A header table of an ELF file (System V ABI, ELF-64, little-endian), and where in an entry its file offset stands. */
interface Table {
  at: number
  entryBytes: number
  entries: number
  offsetField: number
}

const number64 = (file: Buffer, at: number): number => Number(file.readBigUInt64LE(at))

const entriesOf = ({ at, entryBytes, entries }: Table): number[] => Array.from({ length: entries }, (_, i) => at + i * entryBytes)

const isElf64 = (file: Buffer): boolean => file.subarray(0, 6).equals(Buffer.from('\x7fELF\x02\x01', 'latin1'))

const PT_LOAD = 1
const PF_X = 1

/**
 * The same program with its text moved back in the file, by less than 2 MiB, to where its offset and its address agree to the last 21 bits.
 * Addresses stay, so nothing in the program changes. A file that is no such program, or needs nothing, comes back as it is.
 */
export const withTextAligned = (file: Buffer): Buffer => {
  if (!isElf64(file)) return file
  const programs: Table = { at: number64(file, 32), entryBytes: file.readUInt16LE(54), entries: file.readUInt16LE(56), offsetField: 8 }
  const text = entriesOf(programs).find((at) => file.readUInt32LE(at) === PT_LOAD && (file.readUInt32LE(at + 4) & PF_X) !== 0)
  if (text === undefined) return file
  const [offset, address] = [number64(file, text + 8), number64(file, text + 16)]
  const shift = (PIECE_BYTES + (address % PIECE_BYTES) - (offset % PIECE_BYTES)) % PIECE_BYTES
  if (shift === 0 || offset === 0) return file
  const moved = Buffer.concat([file.subarray(0, offset), Buffer.alloc(shift), file.subarray(offset)])
  const move = (field: number): void => {
    const value = number64(moved, field)
    if (value >= offset) moved.writeBigUInt64LE(BigInt(value + shift), field)
  }
  move(40)
  const sections: Table = { at: number64(moved, 40), entryBytes: moved.readUInt16LE(58), entries: moved.readUInt16LE(60), offsetField: 24 }
  for (const table of [programs, sections]) for (const at of entriesOf(table)) move(at + table.offsetField)
  return moved
}
