import { join } from 'node:path'
import { readSetting } from '../../control/read.ts'
import type { Bytes } from '../../core/bytes.ts'
import { firstOf, routeKeys, routePlace, senderKeys } from '../../format/smtproutes.ts'
import { identity } from '../../os/own.ts'

const NAMES = ['smtproutes', 'authsenders'] as const
type Name = (typeof NAMES)[number]

interface Table {
  version: string | undefined
  places: ReadonlyMap<Bytes, Bytes>
}

const NONE: Table = { version: undefined, places: new Map() }

/** A file changed is noticed after so long, in milliseconds. */
const FRESH = 1000

/** The relays of control/smtproutes and control/authsenders; of what stands behind them, names and passwords, nothing is kept. A file that cannot be read counts as empty: hosts are then told apart all the same. */
export class Routes {
  readonly #control: string
  readonly #home: string
  readonly #tables: Record<Name, Table> = { smtproutes: NONE, authsenders: NONE }
  #checkedAt = Number.NEGATIVE_INFINITY

  constructor(home: string) {
    this.#home = home
    this.#control = join(home, 'control')
  }

  /** The relay (and port) that mail goes to; undefined: the host's own exchangers. */
  relayFor(host: Bytes, sender: Bytes, now: number): Bytes | undefined {
    if (Math.abs(now - this.#checkedAt) >= FRESH) this.#check(now)
    const { smtproutes, authsenders } = this.#tables
    const bySender = authsenders.places.size === 0 ? undefined : firstOf(senderKeys(sender), authsenders.places)
    const place = bySender || (smtproutes.places.size === 0 ? undefined : firstOf(routeKeys(host), smtproutes.places))
    return place || undefined
  }

  #check(now: number): void {
    this.#checkedAt = now
    for (const name of NAMES) {
      try {
        const version = identity(join(this.#control, name))
        if (version !== this.#tables[name].version) this.#tables[name] = { version, places: this.#read(name) }
      } catch {
        this.#tables[name] = NONE
      }
    }
  }

  #read(name: Name): Table['places'] {
    const lines = readSetting(this.#home, name) ?? new Map<Bytes, Bytes>()
    return new Map([...lines].map(([key, value]) => [key, routePlace(value).toLowerCase()]))
  }
}
