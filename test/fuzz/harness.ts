import assert from 'node:assert/strict'
import { PassThrough, Writable } from 'node:stream'
import { test } from 'node:test'
import type { QueueResult } from '../../src/queue/codes.ts'
import type { Submission } from '../../src/submit/submission.ts'

/** How long it goes on: `make fuzz` sets it; `make test` runs the short form. */
const ROUNDS = Number(process.env.FUZZ_ROUNDS ?? 400)
/** The same seed gives the same inputs; a failure names it with its round. */
const SEED = Number(process.env.FUZZ_SEED ?? 1)
/** One input may take so long before it counts as a hang: inputs are small. */
const HANG_MILLISECONDS = 60_000
/** What may be left on the heap after everything, beyond what was there after the first tenth of the rounds. */
const MAX_GROWTH_BYTES = 24 << 20

/** Numbers that look random, from a seed. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** A whole number from 0, below `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * limit)
  }

  pick<T>(list: readonly T[]): T {
    const found = list[this.below(list.length)]
    assert.ok(found !== undefined)
    return found
  }
}

type Change = (data: Buffer, random: Random, words: readonly string[]) => Buffer

const place = (data: Buffer, random: Random): number => random.below(data.length + 1)
const splice = (data: Buffer, at: number, remove: number, insert: Buffer): Buffer => Buffer.concat([data.subarray(0, at), insert, data.subarray(at + remove)])

const changes: Change[] = [
  (data, random) => splice(data, place(data, random), 1, Buffer.of(random.below(256))),
  (data, random) => splice(data, place(data, random), random.below(8), Buffer.alloc(0)),
  (data, random, words) => splice(data, place(data, random), 0, Buffer.from(random.pick(words), 'latin1')),
  (data, random) => data.subarray(0, place(data, random)),
  (data, random) => {
    const [from, length] = [place(data, random), random.below(64)]
    return splice(data, place(data, random), 0, data.subarray(from, from + length))
  },
  (data, random) => splice(data, place(data, random), 0, Buffer.alloc(random.below(3000), random.pick(['a', '\0', '\r', '\n', '9', ' ', '.']))),
  (data, random) => {
    const digits = [...data.toString('latin1').matchAll(/\d+/g)]
    const found = digits[random.below(digits.length)]
    const number = random.pick(['0', '1', '00', '255', '65536', '199999999', '2000000000', '4294967296', '18446744073709551616', '-1'])
    return found ? splice(data, found.index, found[0].length, Buffer.from(number)) : data
  }
]

const mutated = (random: Random, corpus: readonly string[], words: readonly string[]): Buffer => {
  let data: Buffer = Buffer.from(random.pick(corpus), 'latin1')
  for (let n = random.below(6); n > 0; n--) data = Buffer.from(random.pick(changes)(data, random, words))
  return data
}

const cut = (random: Random, data: Buffer): Buffer[] => {
  const chunks: Buffer[] = []
  for (let at = 0; at < data.length; ) {
    const length = random.pick([1, 2, 7, 64, 1000, data.length])
    chunks.push(Buffer.from(data.subarray(at, at + length)))
    at += length
  }
  return chunks
}

/** What is fuzzed: valid inputs, words that mean something in them, and what to do with an input, cut into chunks. It throws, or rejects, when something is wrong. */
export interface Target {
  corpus: readonly string[]
  words: readonly string[]
  run: (chunks: Buffer[], random: Random) => Promise<void> | void
}

const inTime = async (work: Promise<void> | void): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const hang = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it hangs')), HANG_MILLISECONDS)
  })
  await Promise.race([work, hang]).finally(() => clearTimeout(timer))
}

/** Defines the test: no input may crash the target, make it hang, or make it keep memory. */
export const fuzz = (name: string, target: Target): void => {
  test(`${name}: ${ROUNDS} inputs of seed ${SEED}: no crash, no hang, no growing memory`, async () => {
    const random = new Random(SEED)
    let before = 0
    for (let round = 0; round < ROUNDS; round++) {
      const data = mutated(random, target.corpus, target.words)
      try {
        await inTime(target.run(cut(random, data), random))
      } catch (error) {
        throw new Error(`round ${round} of seed ${SEED}, input ${JSON.stringify(data.toString('latin1'))}`, { cause: error })
      }
      if (round === Math.floor(ROUNDS / 10)) before = heap()
    }
    assert.ok(heap() - before < MAX_GROWTH_BYTES, `the heap grew by ${heap() - before} bytes`)
  })
}

const heap = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

/** A connection whose client sends these chunks and closes its side; `said`: what it has heard. */
export const clientOf = (chunks: Buffer[]): { input: PassThrough; output: Writable; said: () => string } => {
  const input = new PassThrough()
  const heard: Buffer[] = []
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      heard.push(chunk)
      done()
    }
  })
  for (const chunk of chunks) input.write(chunk)
  input.end()
  return { input, output, said: () => Buffer.concat(heard).toString('latin1') }
}

/** A queue that takes everything, and tells what it was given. */
export const memoryQueue = (): {
  open: () => Submission
  taken: { bytes: number; sender: string; recipients: readonly string[]; notes: string | undefined }[]
  left: () => number
} => {
  const taken: { bytes: number; sender: string; recipients: readonly string[]; notes: string | undefined }[] = []
  let opened = 0
  const open = (): Submission => {
    opened++
    let bytes = 0
    return {
      qp: 7,
      write: (chunk) => {
        bytes += chunk.length
        return undefined
      },
      finish: async (sender, recipients, notes): Promise<QueueResult> => {
        opened--
        taken.push({ bytes, sender, recipients, notes })
        return { code: 0, text: '', qp: 7, weFailed: false }
      },
      abort: async () => {
        opened--
      }
    }
  }
  return { open, taken, left: () => opened }
}
