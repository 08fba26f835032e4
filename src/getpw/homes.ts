import { stat } from 'node:fs'
import { type Bytes, fsPath } from '../core/bytes.ts'
import { errorCode, Temporary } from '../core/failure.ts'

/** One who asks about a home that does not answer waits no longer. */
const PATIENCE_MILLISECONDS = 10_000
/** So many homes are looked at at a time: each holds a thread for as long as its file system likes. */
export const MAX_HOMES = 60

type Look = (home: Bytes) => Promise<number | undefined>

/** Who owns the homes of users. Each is looked at by one thread at a time, however many ask, and one that hangs holds up nobody but those who ask about it. */
export class Homes {
  readonly #look: Look
  readonly #patienceMs: number
  readonly #looking = new Map<Bytes, Promise<number | undefined>>()

  constructor(look: Look = ownerOf, patienceMs = PATIENCE_MILLISECONDS) {
    this.#look = look
    this.#patienceMs = patienceMs
  }

  /** The owner's uid; undefined: it does not exist. Rejects with system errors, and with Temporary when it cannot be told in time. */
  async owner(home: Bytes): Promise<number | undefined> {
    let looking = this.#looking.get(home)
    if (looking === undefined) {
      if (this.#looking.size >= MAX_HOMES) throw new Temporary('too many homes do not answer')
      looking = this.#look(home).finally(() => this.#looking.delete(home))
      this.#looking.set(home, looking)
    }
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Temporary(`${home} does not answer`)), this.#patienceMs)
    })
    return Promise.race([looking, late]).finally(() => clearTimeout(timer))
  }
}

const ownerOf: Look = (home) =>
  new Promise((resolve, reject) => {
    stat(fsPath(home), (error, found) => {
      if (error === null) resolve(found.uid)
      else if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) resolve(undefined)
      else reject(error)
    })
  })
