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

/** Where fields stand in an ELF-64 header, in an entry of its program headers, and in one of its section headers (System V ABI). */
const HEADER = { programs: 32, sections: 40, programBytes: 54, programCount: 56, sectionBytes: 58, sectionCount: 60 }
const PROGRAM = { type: 0, flags: 4, offset: 8, address: 16 }
const SECTION = { offset: 24 }
const PT_LOAD = 1
const PF_X = 1

const number64 = (file: Buffer, at: number): number => Number(file.readBigUInt64LE(at))

const isElf64 = (file: Buffer): boolean => file.subarray(0, 6).equals(Buffer.from('\x7fELF\x02\x01', 'latin1'))

/** Where the entries of a header table stand. */
const entriesOf = (file: Buffer, table: number, bytes: number, count: number): number[] =>
  Array.from({ length: file.readUInt16LE(count) }, (_, i) => number64(file, table) + i * file.readUInt16LE(bytes))

const programsOf = (file: Buffer): number[] => entriesOf(file, HEADER.programs, HEADER.programBytes, HEADER.programCount)
const sectionsOf = (file: Buffer): number[] => entriesOf(file, HEADER.sections, HEADER.sectionBytes, HEADER.sectionCount)

/**
 * The same program with its text moved back in the file, by less than 2 MiB, to where its offset and its address agree to the last 21 bits.
 * Addresses stay, so nothing in the program changes. A file that is no such program, or needs nothing, comes back as it is.
 */
export const withTextAligned = (file: Buffer): Buffer => {
  if (!isElf64(file)) return file
  const text = programsOf(file).find((at) => file.readUInt32LE(at + PROGRAM.type) === PT_LOAD && (file.readUInt32LE(at + PROGRAM.flags) & PF_X) !== 0)
  if (text === undefined) return file
  const [offset, address] = [number64(file, text + PROGRAM.offset), number64(file, text + PROGRAM.address)]
  const shift = (PIECE_BYTES + (address % PIECE_BYTES) - (offset % PIECE_BYTES)) % PIECE_BYTES
  if (shift === 0 || offset === 0) return file
  const moved = Buffer.concat([file.subarray(0, offset), Buffer.alloc(shift), file.subarray(offset)])
  const move = (field: number): void => {
    const value = number64(moved, field)
    if (value >= offset) moved.writeBigUInt64LE(BigInt(value + shift), field)
  }
  move(HEADER.sections)
  for (const at of programsOf(moved)) move(at + PROGRAM.offset)
  for (const at of sectionsOf(moved)) move(at + SECTION.offset)
  return moved
}
