import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { TCPTO_BYTES, type TcptoChange, tcptoCheck, tcptoCleared, tcptoTimedOut } from '../format/tcpto.ts'
import { flockLater } from '../locks/flock.ts'

/** Where the table is. */
const tcptoFile = (home: string): string => join(home, 'queue', 'lock', 'tcpto')

/** Others hold the lock for moments only. */
const LOCK_SECONDS = 30

const seconds = (): number => Math.floor(Date.now() / 1000)

const readTable = (file: string): Buffer => {
  const table = Buffer.alloc(TCPTO_BYTES)
  const fd = openSync(file, 'r')
  try {
    return table.subarray(0, readSync(fd, table, 0, TCPTO_BYTES, 0))
  } finally {
    closeSync(fd)
  }
}

/** The table knows IPv4 addresses only. */
const isListable = (ip: string): boolean => !ip.includes(':')

/** What the table says about an address. Read without the lock: a record is changed in one write, and its news may be a moment old anyway. */
export const checkTimeouts = (home: string, ip: string): 'unknown' | 'known' | 'skip' => {
  if (!isListable(ip)) return 'unknown'
  try {
    return tcptoCheck(readTable(tcptoFile(home)), ip, seconds(), process.pid)
  } catch {
    // without a table nothing is skipped (spec network.md 7: errors are ignored)
    return 'unknown'
  }
}

/** Changes one record under the lock. Errors are ignored: the table saves time, nothing else. */
const change = async (home: string, decide: (table: Buffer) => TcptoChange | undefined): Promise<void> => {
  let fd: number | undefined
  try {
    const file = tcptoFile(home)
    if (decide(readTable(file)) === undefined) return
    fd = openSync(file, 'r+')
    if ((await flockLater(fd, LOCK_SECONDS)) !== 'locked') return
    const wanted = decide(readTable(file))
    if (wanted) writeSync(fd, wanted.record, 0, wanted.record.length, wanted.offset)
  } catch {
    // see above
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/** Remembers that a connection timed out. */
export const noteTimeout = async (home: string, ip: string): Promise<void> => {
  if (isListable(ip)) await change(home, (table) => tcptoTimedOut(table, ip, seconds()))
}

/** Forgets the timeouts of an address that gave any other sign. */
export const forgetTimeouts = (home: string, ip: string): Promise<void> => change(home, (table) => tcptoCleared(table, ip))
