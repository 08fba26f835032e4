import { fstatSync, readFileSync } from 'node:fs'
import { addressText } from '../net/ip.ts'
import { type Addresses, plainAddress } from '../net/peer.ts'

/** An address of /proc/net/tcp: its 32-bit words, each printed as this machine's number. */
const addressIn = (hex: string): string => {
  const words = (hex.match(/.{8}/g) ?? []).map((word) => Buffer.from(word, 'hex').reverse())
  return plainAddress(addressText(Buffer.concat(words)))
}

const ESTABLISHED = '01'

/** The ends of the connection with this inode in the text of /proc/net/tcp or tcp6; undefined if it is not there. */
export const endsIn = (table: string, inode: number): Addresses | undefined => {
  for (const line of table.split('\n')) {
    const words = line.trim().split(/\s+/)
    if (words[9] !== String(inode) || words[3] !== ESTABLISHED) continue
    const [localIp, localPort] = (words[1] ?? '').split(':')
    const [remoteIp, remotePort] = (words[2] ?? '').split(':')
    return {
      localIp: addressIn(localIp ?? ''),
      localPort: Number.parseInt(localPort ?? '', 16),
      remoteIp: addressIn(remoteIp ?? ''),
      remotePort: Number.parseInt(remotePort ?? '', 16)
    }
  }
  return undefined
}

/**
 * The ends of the TCP connection on a descriptor, by the kernel's own tables: to open it as a socket of Node would make it non-blocking for the program
 * that gets it next. Undefined when it is no connection.
 */
export const socketEnds = (fd: number): Addresses | undefined => {
  const { ino } = fstatSync(fd)
  for (const file of ['/proc/self/net/tcp', '/proc/self/net/tcp6']) {
    const ends = endsIn(readFileSync(file, 'latin1'), ino)
    if (ends) return ends
  }
  return undefined
}
