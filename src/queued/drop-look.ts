import { opendirSync } from 'node:fs'

/** Of the time, looking takes at most this part, however many names there are. */
const LOOK_SHARE = 0.25
/** Names between two looks at the clock. */
const SLICE_NAMES = 256
const SLICE_MILLISECONDS = 5
const ENTRIES_A_READ = 1024

const rest = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Reads a folder's names (latin1: a byte a character) little by little. */
export class DropLook {
  readonly #folder: string
  /** By performance.now: the next look may begin. */
  #notBefore = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Milliseconds until the next look may begin. */
  get restMilliseconds(): number {
    return Math.max(0, this.#notBefore - performance.now())
  }

  /** Hands each name to `take`, until `isOver` says so. Rejects with system errors. */
  async each(take: (name: string) => void, isOver: () => boolean): Promise<void> {
    const dir = opendirSync(this.#folder, { encoding: 'latin1' as BufferEncoding, bufferSize: ENTRIES_A_READ })
    try {
      let isMore = true
      while (isMore && !isOver()) {
        const start = performance.now()
        isMore = this.#slice(dir, take, start)
        const pause = (performance.now() - start) * (1 / LOOK_SHARE - 1)
        if (isMore) await rest(pause)
        else this.#notBefore = performance.now() + pause
      }
    } finally {
      dir.closeSync()
    }
  }

  #slice(dir: ReturnType<typeof opendirSync>, take: (name: string) => void, start: number): boolean {
    for (let n = 1; ; n++) {
      const entry = dir.readSync()
      if (entry === null) return false
      take(entry.name)
      if (n % SLICE_NAMES === 0 && performance.now() - start > SLICE_MILLISECONDS) return true
    }
  }
}
