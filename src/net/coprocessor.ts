import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { type Bytes, toBuffer } from '../core/bytes.ts'
import { reason, Temporary } from '../core/failure.ts'
import { NetstringParser, netstring } from '../core/netstring.ts'
import { NetstringReader } from './netstring-reader.ts'
import type { TlsWish } from './tls-peer.ts'

/**
 * The words between the TLS coprocessor, `qmail-tlsd -c`, and those who have it speak TLS for them (spec modern.md 3.2). They make two connections to its
 * door: `c` for ciphertext, `p` for what is inside, each beginning with a netstring of that letter and the number of the session, 32 hex digits. On `p`
 * follows the request. Two answers come there: whether all that is needed is there, then, after the handshake, what is known of it; behind it the connection
 * is the inside of TLS. Not before the first answer are there bytes on `c`. Where a server asks, a connection with `?` alone is answered by the first answer.
 */
export const SESSION = /^([cp])([0-9a-f]{32})$/
export const ASKS_ABLE = '?'

/** Longer is no request, and no answer: trust anchors are a part of requests, and chains of answers. */
export const MAX_WORDS_BYTES = 4 << 20
const ANSWER_MILLISECONDS = 30_000

/** Requests and answers: what kind it is, and its fields. */
export interface Words {
  kind: string
  fields: Buffer[]
}

/** As a netstring: a letter and netstrings of the fields. */
export const packWords = (kind: string, fields: readonly (Buffer | Bytes)[] = []): Buffer =>
  netstring(Buffer.concat([toBuffer(kind), ...fields.map(netstring)]))

/** The same without the netstring around it. Throws Permanent. */
export const unpackWords = (data: Buffer): Words => {
  const parser = new NetstringParser(MAX_WORDS_BYTES)
  parser.push(data.subarray(1))
  const fields: Buffer[] = []
  for (let next = parser.next(); next; next = parser.next()) fields.push(next)
  return { kind: data.toString('latin1', 0, 1), fields }
}

/** Kinds of requests. */
export const REQUEST = { client: 'C', server: 'S' } as const
/** What is given as the certificate where it is control/clientcert.pem; else the sender's domain (control/domaincerts). */
export const CLIENT_CERTIFICATE = 'clientcert'

/** What a client wants, as fields of its request. */
export const wishFields = (certificate: Bytes, { name, minVersion, ciphers, anchors, isPartialChain }: TlsWish): Bytes[] => [
  certificate,
  name ?? '',
  minVersion,
  ciphers ?? '',
  `${anchors === undefined ? '' : 'a'}${isPartialChain ? 'p' : ''}`,
  anchors ?? ''
]

/** The same back. */
export const wishIn = (fields: readonly Buffer[]): { certificate: Bytes; wish: TlsWish } => {
  const [certificate = '', name = '', minVersion = '', ciphers = '', flags = '', anchors = ''] = fields.map((field) => field.toString('latin1'))
  const wish: TlsWish = {
    name: name === '' ? undefined : name,
    minVersion: minVersion as TlsWish['minVersion'],
    ciphers: ciphers === '' ? undefined : ciphers,
    anchors: flags.includes('a') ? anchors : undefined,
    isPartialChain: flags.includes('p')
  }
  return { certificate, wish }
}

/** Kinds of answers: done; not, with the reason. */
export const ANSWER = { ok: 'K', failed: 'Z' } as const

const connected = (path: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      socket.on('error', () => {}) // it closes, and whoever has it notices
      resolve(socket)
    })
  })

/** The fields of an answer. Throws Temporary with the coprocessor's reason. */
const fieldsOf = (data: Buffer): Buffer[] => {
  const { kind, fields } = unpackWords(data)
  if (kind !== ANSWER.ok) throw new Temporary(fields[0]?.toString('latin1') ?? 'no reason given')
  return fields
}

const inTime = async <T>(sockets: readonly Socket[], wait: Promise<T>): Promise<T> => {
  const patience = setTimeout(() => sockets.forEach((socket) => void socket.destroy()), ANSWER_MILLISECONDS)
  try {
    return await wait
  } finally {
    clearTimeout(patience)
  }
}

/** One session of TLS that the coprocessor leads. */
export class CoprocessorSession {
  /** Ciphertext, both ways. */
  readonly cipher: Socket
  /** The inside of TLS, after `handshake`. */
  readonly plain: Socket
  readonly #reader: NetstringReader

  private constructor(cipher: Socket, plain: Socket) {
    this.cipher = cipher
    this.plain = plain
    this.#reader = new NetstringReader(plain, MAX_WORDS_BYTES)
  }

  /** Asks for it at this door. Rejects with Temporary, in words for people, when it cannot be had. */
  static async open(path: string, kind: string, fields: readonly (Buffer | Bytes)[]): Promise<CoprocessorSession> {
    const sockets: Socket[] = []
    try {
      const id = randomBytes(16).toString('hex')
      for (const letter of ['c', 'p']) {
        const socket = await connected(path)
        sockets.push(socket)
        socket.write(netstring(letter + id))
      }
      const session = new CoprocessorSession(sockets[0] as Socket, sockets[1] as Socket)
      session.plain.write(packWords(kind, fields))
      fieldsOf(await inTime(sockets, session.#reader.next()))
      return session
    } catch (error) {
      for (const socket of sockets) socket.destroy()
      throw new Temporary(reason(error), { cause: error })
    }
  }

  /** What is known of the handshake once it is done; `plain` is paused then, with all that came inside still to be read. Rejects with Error and the reason. */
  async handshake(): Promise<Buffer[]> {
    const data = await this.#reader.next()
    const rest = this.#reader.release()
    if (rest.length > 0) this.plain.unshift(rest)
    return fieldsOf(data)
  }

  /** Ends it at once. */
  destroy(): void {
    this.cipher.destroy()
    this.plain.destroy()
  }
}

/** Asks whether a session can be had at a door for servers. Rejects with Temporary, in words for people, when not. */
export const askAble = async (path: string): Promise<void> => {
  const sockets: Socket[] = []
  try {
    const socket = await connected(path)
    sockets.push(socket)
    const reader = new NetstringReader(socket, MAX_WORDS_BYTES)
    socket.write(netstring(ASKS_ABLE))
    fieldsOf(await inTime(sockets, reader.next()))
  } catch (error) {
    throw new Temporary(reason(error), { cause: error })
  } finally {
    for (const socket of sockets) socket.destroy()
  }
}
