import { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Bytes } from '../core/bytes.ts'
import type { CoprocessorSession } from './coprocessor.ts'
import type { TlsPeer } from './tls-peer.ts'

/** A last word is on its way within this time, or is not heard. */
const DRAIN_MILLISECONDS = 10_000

/** What the coprocessor says of a handshake. */
const peerIn = ([protocol, cipher, untrusted, ...chain]: readonly Buffer[]): TlsPeer => ({
  protocol: protocol?.toString('latin1') ?? '',
  cipher: cipher?.toString('latin1') ?? '',
  untrusted: untrusted === undefined || untrusted.length === 0 ? undefined : untrusted.toString('latin1'),
  chain: () => chain.map((der) => new X509Certificate(der))
})

/** Copies ciphertext between a connection to a server and the coprocessor, knowing nothing of its meaning. */
export class TlsRelay {
  readonly #raw: Socket
  readonly #session: CoprocessorSession

  /** What the server says comes by `receive` and `end`, from whoever reads the connection. */
  constructor(raw: Socket, session: CoprocessorSession) {
    this.#raw = raw
    this.#session = session
    const { cipher } = session
    cipher.on('data', (chunk: Buffer) => {
      if (raw.write(chunk)) return
      cipher.pause()
      raw.once('drain', () => cipher.resume())
    })
    cipher.on('end', () => raw.end())
    cipher.on('close', () => raw.destroySoon())
    raw.on('close', () => cipher.destroySoon())
  }

  /** False: no more for now. */
  receive(chunk: Bytes): boolean {
    const { cipher } = this.#session
    const takesMore = cipher.write(chunk, 'latin1')
    if (!takesMore) cipher.once('drain', () => this.#raw.resume())
    return takesMore
  }

  end(): void {
    this.#session.cipher.end()
  }

  /** Waits for the handshake, so many milliseconds at the most. Rejects with Error and the reason, and all is closed then. */
  async handshake(milliseconds: number): Promise<TlsPeer> {
    let isLate = false
    const patience = setTimeout(() => {
      isLate = true
      this.destroy()
    }, milliseconds)
    try {
      return peerIn(await this.#session.handshake())
    } catch (error) {
      this.destroy()
      throw isLate ? new Error('no answer in time') : error
    } finally {
      clearTimeout(patience)
    }
  }

  /** Says that nothing more comes from inside. Resolves when all of it is with the system, or that takes too long. */
  drain(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(patience)
        resolve()
      }
      const patience = setTimeout(done, DRAIN_MILLISECONDS)
      for (const event of ['finish', 'close']) this.#raw.once(event, done)
      this.#session.plain.end()
    })
  }

  destroy(): void {
    this.#session.destroy()
    this.#raw.destroy()
  }
}
