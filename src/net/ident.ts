import { connect } from 'node:net'
import type { Bytes } from '../core/bytes.ts'
import type { Addresses } from './peer.ts'

const IDENT_PORT = 113
const MAX_INFO_BYTES = 256
/** The longest delay a timer of this platform takes. */
const MAX_MILLISECONDS = 0x7fffffff
/** An answer with more than this in front of its text is none. */
const MAX_ANSWER_BYTES = 4096

/** The text of an answer: without blanks and CRs, what follows the third colon, up to the line's end; undefined while that has not come. */
export const identText = (answer: Bytes): Bytes | undefined => {
  const end = answer.indexOf('\n')
  if (end < 0) return undefined
  const parts = answer
    .slice(0, end)
    .replace(/[ \t\r]/g, '')
    .split(':')
  // no variable can hold a NUL
  return parts.length < 4 ? undefined : parts.slice(3).join(':').slice(0, MAX_INFO_BYTES).split('\0', 1)[0]
}

/** Asks the peer's IDENT server who is at the other end; `seconds` for everything together. undefined: no answer (spec network.md 2.1). */
export const askIdent = ({ localIp, localPort, remoteIp, remotePort }: Addresses, seconds: number): Promise<Bytes | undefined> =>
  new Promise((resolve) => {
    const socket = connect({ host: remoteIp, port: IDENT_PORT, localAddress: localIp })
    let answer = ''
    const finish = (): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(identText(answer))
    }
    const timer = setTimeout(finish, Math.min(seconds * 1000, MAX_MILLISECONDS))
    socket.on('error', finish)
    socket.on('end', finish)
    socket.on('connect', () => socket.write(`${remotePort} , ${localPort}\r\n`))
    socket.on('data', (data) => {
      answer += data.toString('latin1')
      if (answer.includes('\n') || answer.length > MAX_ANSWER_BYTES) finish()
    })
  })
