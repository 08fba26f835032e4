import type { Socket } from 'node:net'
import { NetstringParser } from '../core/netstring.ts'
import {
  type AuthAnswer,
  type AuthRequest,
  MAX_ANSWER_BYTES,
  MAX_REQUEST_BYTES,
  MAX_SECRET_BYTES,
  MAX_USER_BYTES,
  packRequest,
  unpackAnswer
} from './auth-door.ts'

/** A checker may take a minute, one who guesses waits a while before, and others may be before us. */
const PATIENCE_MILLISECONDS = 180_000

const TEMPORARY: AuthAnswer = { kind: 'temporary' }

const fits = ({ user, secret }: AuthRequest, packed: Buffer): boolean =>
  user.length <= MAX_USER_BYTES && secret.length <= MAX_SECRET_BYTES && packed.length <= MAX_REQUEST_BYTES

/**
 * Asks qmail-authd over a connection of its own, for answers to one who guesses come late (spec modern.md 2.2). `open`: a connection to it; undefined: there is none now.
 * What no user or password can be is refused unasked. Never fails: what cannot be told is temporary.
 */
export const askAuthDoor = async (open: () => Promise<Socket | undefined>, request: AuthRequest): Promise<AuthAnswer> => {
  const packed = packRequest(request)
  if (!fits(request, packed)) return { kind: 'refused' }
  const socket = await open()
  if (socket === undefined || socket.destroyed) return TEMPORARY
  return new Promise((resolve) => {
    const parser = new NetstringParser(MAX_ANSWER_BYTES)
    const end = (answer: AuthAnswer): void => {
      clearTimeout(patience)
      socket.destroy()
      resolve(answer)
    }
    const patience = setTimeout(end, PATIENCE_MILLISECONDS, TEMPORARY)
    socket.on('error', () => {}) // 'close' follows
    socket.on('end', () => end(TEMPORARY))
    socket.on('close', () => end(TEMPORARY))
    socket.on('data', (chunk: Buffer) => {
      try {
        parser.push(chunk)
        const data = parser.next()
        if (data) end(unpackAnswer(data))
      } catch {
        end(TEMPORARY) // not our protocol
      }
    })
    socket.resume()
    socket.write(packed)
  })
}
