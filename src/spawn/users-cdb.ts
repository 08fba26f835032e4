import { Cdb } from '../format/cdb.ts'
import { identity } from '../os/own.ts'
import { onceATurn } from './once-a-turn.ts'

/** A table up to this size is kept in memory: an address may ask for hundreds of keys. */
const WHOLE_BYTES = 16 * 1024 * 1024

/** users/cdb, kept open for as long as the name stands for the same file. */
export class UsersCdb {
  readonly #path: string
  #cdb: Cdb | undefined
  #identity: string | undefined
  readonly #lookOnce = onceATurn(() => this.#look())

  constructor(path: string) {
    this.#path = path
  }

  /** The table as it is now, looked at once per turn of the event loop, however many addresses that turn asks for; undefined: there is none. Throws system errors. */
  now(): Cdb | undefined {
    this.#lookOnce()
    return this.#cdb
  }

  #look(): void {
    const found = identity(this.#path)
    if (this.#cdb === undefined || found !== this.#identity) this.#open(found)
  }

  #open(found: string | undefined): void {
    this.#cdb?.close()
    this.#cdb = undefined
    if (found !== undefined) this.#cdb = new Cdb(this.#path, WHOLE_BYTES)
    this.#identity = found
  }
}
