import { connect, type NetConnectOpts, type Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { type Bytes, toBuffer } from '../core/bytes.ts'
import { reason } from '../core/failure.ts'
import type { CoprocessorSession } from './coprocessor.ts'
import { type TlsPeer, type TlsWish, tlsOptions, tlsPeerOf } from './tls-peer.ts'
import { TlsRelay } from './tls-relay.ts'

/** The peer went away, or was silent for too long. */
export class ConnectionDied extends Error {}

/** TLS could not be agreed on; the connection is closed. */
export class HandshakeFailed extends Error {}

/** Why there is no connection: `timeout` means that nothing at all answered in time. */
export type ConnectFailure = 'timeout' | 'refused'

/** The longest delay a timer of this platform takes. */
const MAX_MILLISECONDS = 2_147_483_647
/** Seconds as a timer's delay: never zero, which would mean no limit. */
const milliseconds = (seconds: number): number => Math.min(Math.max(seconds * 1000, 1), MAX_MILLISECONDS)

/** A server that says more than this unasked waits until it is asked. */
const MAX_UNREAD_BYTES = 65536

/** Every connection reads into this one buffer and takes what it needs at once: a waiting connection costs no buffer. */
const readBuffer = Buffer.allocUnsafeSlow(16384)

/**
 * A connection to a server whose lines we wait for, one at a time. A read or a write that makes no progress for the time given ends it
 * (ConnectionDied), like everything else that goes wrong on it.
 */
export class Connection {
  #socket: Socket
  #unread: Bytes = ''
  #isOver = false
  #isFull = false
  /** Goes on with whoever waits; there is at most one. */
  #wake: (() => void) | undefined
  /** Has what comes in while others speak TLS for us. */
  #relay: TlsRelay | undefined

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Bytes have come in. False: no more for now, nobody reads. */
  receive(chunk: Bytes): boolean {
    return this.#relay ? this.#relay.receive(chunk) : this.#take(chunk)
  }

  #take(chunk: Bytes): boolean {
    this.#unread += chunk
    this.#notify()
    this.#isFull = this.#unread.length > MAX_UNREAD_BYTES
    return !this.#isFull
  }

  /** Nothing more will come in: the peer ended, an error, a time limit. What has come in before still counts. */
  end(): void {
    if (this.#relay) this.#relay.end()
    else this.#finish()
  }

  #finish(): void {
    this.#isOver = true
    this.#notify()
  }

  /** From now on, this many seconds without progress are too many. */
  limit(seconds: number): void {
    this.#socket.setTimeout(milliseconds(seconds), () => this.#socket.destroy())
  }

  /**
   * From now on TLS is spoken, waiting for the handshake at most so many seconds. What came in before and was not read would be taken for the
   * server's word inside TLS: then, and when the handshake fails, HandshakeFailed, and the connection is closed.
   */
  async secure(wish: TlsWish, seconds: number): Promise<TlsPeer> {
    const { connect: connectTls } = await import('node:tls')
    const raw = this.#socket
    this.#demandSilence()
    const idle = raw.timeout
    raw.setTimeout(0)
    return new Promise((resolve, reject) => {
      const tls = connectTls({ ...tlsOptions(wish), socket: raw, allowHalfOpen: true } as ConnectionOptions)
      const fail = (why: string): void => {
        clearTimeout(patience)
        tls.destroy()
        raw.destroy()
        reject(new HandshakeFailed(why))
      }
      const patience = setTimeout(() => fail('no answer in time'), milliseconds(seconds))
      tls.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message))
      tls.on('close', () => {
        fail('connection closed') // without effect once it stands
        this.end()
      })
      tls.on('secureConnect', () => {
        clearTimeout(patience)
        this.#goOnWith(tls, idle)
        resolve(tlsPeerOf(tls))
      })
    })
  }

  /** The same by the coprocessor, which has been asked for this session. */
  async secureBy(session: CoprocessorSession, seconds: number): Promise<TlsPeer> {
    const raw = this.#socket
    try {
      this.#demandSilence()
    } catch (error) {
      session.destroy()
      throw error
    }
    const idle = raw.timeout
    raw.setTimeout(0)
    this.#relay = new TlsRelay(raw, session)
    const peer = await this.#relay.handshake(milliseconds(seconds)).catch((error: unknown) => {
      throw new HandshakeFailed(reason(error))
    })
    this.#goOnWith(session.plain, idle)
    return peer
  }

  #demandSilence(): void {
    if (this.#unread === '') return
    this.abort()
    throw new HandshakeFailed('the server said something before the handshake')
  }

  #goOnWith(inside: Socket, idleMilliseconds: number | undefined): void {
    this.#socket = inside
    if (idleMilliseconds !== undefined && idleMilliseconds > 0) inside.setTimeout(idleMilliseconds, () => this.abort())
    inside.on('data', (chunk: Buffer) => {
      if (!this.#take(chunk.toString('latin1'))) inside.pause()
    })
    for (const event of ['end', 'close']) inside.on(event, () => this.#finish())
    inside.resume()
  }

  /** The next bytes that came in, waiting for some. Throws ConnectionDied. */
  async read(): Promise<Bytes> {
    while (this.#unread === '') {
      if (this.#isOver) throw new ConnectionDied('connection died')
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const text = this.#unread
    this.#unread = ''
    if (this.#isFull) this.#socket.resume()
    this.#isFull = false
    return text
  }

  /** Puts back what was read too much. */
  unread(text: Bytes): void {
    this.#unread = text + this.#unread
  }

  /** Writes all of it, waiting until the system has taken it. Throws ConnectionDied. */
  write(data: Buffer | Bytes): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = this.#socket
      const fail = (): void => reject(new ConnectionDied('connection died'))
      if (socket.destroyed) return fail()
      socket.once('close', fail)
      socket.write(typeof data === 'string' ? toBuffer(data) : data, (error) => {
        socket.removeListener('close', fail)
        if (error) fail()
        else resolve()
      })
    })
  }

  /** Says a last thing and closes, without waiting for an answer. Resolves when it is on its way, or cannot be. */
  async close(last: Bytes): Promise<void> {
    try {
      await this.write(last)
      await this.#relay?.drain()
    } catch (error) {
      if (!(error instanceof ConnectionDied)) throw error
    }
    this.abort()
  }

  /** Closes at once. */
  abort(): void {
    this.#relay?.destroy()
    this.#socket.destroy()
  }

  #notify(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}

/** Where a server is: a host and its port, or a socket of this machine. */
export type Place = { host: string; port: number; localAddress?: string | undefined } | { path: string }

/** Connects to an address (IPv4 or IPv6), from `localAddress` where that is given, waiting at most so many seconds. Never throws. */
export const connectTo = (ip: string, port: number, seconds: number, localAddress?: string): Promise<Connection | ConnectFailure> =>
  connectToPlace({ host: ip, port, localAddress }, seconds)

/** The same for any place. */
export const connectToPlace = (place: Place, seconds: number): Promise<Connection | ConnectFailure> =>
  new Promise((resolve) => {
    const onread = {
      buffer: readBuffer,
      callback: (length: number, buffer: Uint8Array): boolean => connection.receive(Buffer.from(buffer.buffer, buffer.byteOffset, length).toString('latin1'))
    }
    const socket = connect({ ...place, allowHalfOpen: true, noDelay: true, onread } as NetConnectOpts)
    const connection = new Connection(socket)
    const patience = setTimeout(() => {
      socket.destroy()
      resolve('timeout')
    }, milliseconds(seconds))
    socket.on('connect', () => {
      clearTimeout(patience)
      resolve(connection)
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(patience)
      connection.end()
      // only a connection that stood can be reset
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') resolve(connection)
      else resolve(error.code === 'ETIMEDOUT' ? 'timeout' : 'refused')
    })
    socket.on('end', () => connection.end())
    socket.on('close', () => {
      clearTimeout(patience)
      connection.end()
    })
  })
