/** Layout of a utmp record (utmp(5)): where its fields are, the same on all architectures; and its size, which is not. */
const TYPE = 0
const LINE = { at: 8, bytes: 32 }
const USER = { at: 44, bytes: 32 }
const USER_PROCESS = 7
const RECORD_BYTES: Record<string, number> = { x64: 384, arm64: 400 }

const text = (record: Buffer, { at, bytes }: { at: number; bytes: number }): string => record.toString('latin1', at, at + bytes).split('\0', 1)[0] ?? ''

/** The terminals (names below /dev) a user is logged in on, by the bytes of utmp on this kind of machine. */
export const terminalsOf = (utmp: Buffer, user: string, arch: string): string[] => {
  const size = RECORD_BYTES[arch]
  if (size === undefined) return []
  return Array.from({ length: Math.floor(utmp.length / size) }, (_, n) => utmp.subarray(n * size, (n + 1) * size))
    .filter((record) => record.readInt16LE(TYPE) === USER_PROCESS && text(record, USER) === user)
    .map((record) => text(record, LINE))
    .filter((line) => line !== '' && !line.startsWith('/') && !line.includes('.'))
}
