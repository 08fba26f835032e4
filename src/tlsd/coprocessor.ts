import type { Socket } from 'node:net'
import type { Bytes } from '../core/bytes.ts'
import { Permanent, reason } from '../core/failure.ts'
import { printable } from '../core/logline.ts'
import { ANSWER, ASKS_ABLE, MAX_WORDS_BYTES, packWords, REQUEST, SESSION, unpackWords } from '../net/coprocessor.ts'
import { NetstringReader } from '../net/netstring-reader.ts'
import { serveClient } from './client-side.ts'
import type { TlsService } from './service.ts'
import { keepSilent } from './silent.ts'

/** Who has not said what he wants, or has not made his other connection, within this time is let go. */
const PATIENCE_MILLISECONDS = 10_000

/** A door: who comes there wants this kind of sessions, and no other. */
export type Door = 'client' | 'server'

/** One connection of a session, as it waits for the other. */
interface Half {
  socket: Socket
  /** On the inside of TLS: what is wanted. */
  fields: Buffer[]
  patience: NodeJS.Timeout
  /** It waits no longer. */
  wake: () => void
}

/** qmail-tlsd on its own (spec modern.md 3.2): leads TLS for those who ask at its doors. */
export class Coprocessor {
  readonly #home: string
  readonly #service: TlsService
  readonly #log: (line: string) => void
  readonly #waiting = new Map<string, Half>()
  #lastId = 0

  constructor(home: string, service: TlsService, log: (line: string) => void) {
    this.#home = home
    this.#service = service
    this.#log = (line) => log(`tls: ${printable(line)}`)
  }

  /** A connection to a door. Never fails. */
  readonly accept = (door: Door, socket: Socket): void => {
    socket.on('error', () => {}) // it closes
    const patience = setTimeout(() => socket.destroy(), PATIENCE_MILLISECONDS)
    this.#begin(door, socket, patience).catch((error: unknown) => {
      clearTimeout(patience)
      if (error instanceof Permanent) this.#log(`warning: closing a connection: ${reason(error)}`)
      socket.destroy()
    })
  }

  async #begin(door: Door, socket: Socket, patience: NodeJS.Timeout): Promise<void> {
    const reader = new NetstringReader(socket, MAX_WORDS_BYTES)
    const first = (await reader.next()).toString('latin1')
    if (first === ASKS_ABLE && door === 'server') {
      clearTimeout(patience)
      socket.end(this.#ability())
      return
    }
    const [, side, id] = SESSION.exec(first) ?? []
    if (side === undefined || id === undefined) throw new Permanent('what it begins with is no session')
    const fields = side === 'p' ? this.#fieldsOf(door, await reader.next()) : []
    if (reader.release().length > 0) throw new Permanent('it goes on before it is answered')
    this.#meet(door, side, id, { socket, fields, patience, wake: keepSilent(socket) })
  }

  #fieldsOf(door: Door, data: Buffer): Buffer[] {
    const { kind, fields } = unpackWords(data)
    if (kind !== REQUEST[door]) throw new Permanent('this door is not for that')
    return fields
  }

  #ability(): Buffer {
    return this.#service.isAble() ? packWords(ANSWER.ok) : packWords(ANSWER.failed, ['there is no certificate that can be used'])
  }

  /** Waits for the other half, or goes on with it. */
  #meet(door: Door, side: Bytes, id: Bytes, half: Half): void {
    const [key, otherKey] = [`${door} ${side}${id}`, `${door} ${side === 'p' ? 'c' : 'p'}${id}`]
    const other = this.#waiting.get(otherKey)
    if (this.#waiting.has(key)) throw new Permanent('this session has begun')
    if (other === undefined) {
      this.#waiting.set(key, half)
      half.socket.once('close', () => {
        if (this.#waiting.get(key) === half) this.#waiting.delete(key)
      })
      return
    }
    this.#waiting.delete(otherKey)
    for (const { patience, wake } of [half, other]) {
      clearTimeout(patience)
      wake()
    }
    const [cipher, plain] = side === 'c' ? [half, other] : [other, half]
    void this.#serve(door, cipher.socket, plain.socket, plain.fields)
  }

  async #serve(door: Door, cipher: Socket, plain: Socket, fields: readonly Buffer[]): Promise<void> {
    const id = ++this.#lastId
    if (door === 'client') return serveClient(this.#home, id, cipher, plain, fields, this.#log)
    const isAble = this.#service.isAble()
    plain.write(this.#ability())
    if (!isAble) {
      plain.end()
      cipher.destroy()
      return
    }
    await this.#service.serve(id, cipher, '', plain, (variables) =>
      plain.write(packWords(ANSWER.ok, [variables.map(([name, value]) => `${name}=${value}\0`).join('')]))
    )
  }
}
