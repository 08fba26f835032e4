import { Temporary } from '../core/failure.ts'

/** Both ends of a pipe of the kernel's, which a child inherits only where its list of descriptors names them. */
export interface Pipe {
  read: number
  write: number
}

/** The part of Bun's foreign function interface that is used here. */
interface Ffi {
  dlopen: (library: string, symbols: object) => { symbols: { pipe2: (ends: Int32Array, flags: number) => number } }
}

const O_CLOEXEC = 0o2_000_000

/** Is there a way to make pipes? Node has none; its child processes take their place, which under Bun cannot be written to at descriptor 1. */
export const hasPipes = (): boolean => process.versions.bun !== undefined

const libc = (): ReturnType<Ffi['dlopen']>['symbols'] => {
  const ffi = process.getBuiltinModule('bun:ffi') as unknown as Ffi
  return ffi.dlopen('libc.so.6', { pipe2: { args: ['ptr', 'i32'], returns: 'i32' } }).symbols
}

/** Makes a number of pipes. Throws Temporary. */
export const makePipes = (count: number): Pipe[] => {
  const { pipe2 } = libc()
  return Array.from({ length: count }, () => {
    const ends = new Int32Array(2)
    if (pipe2(ends, O_CLOEXEC) !== 0) throw new Temporary('unable to create a pipe')
    return { read: ends[0] as number, write: ends[1] as number }
  })
}
