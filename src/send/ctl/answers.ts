import { fstatSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { type Bytes, toBuffer } from '../../core/bytes.ts'
import { errorCode } from '../../core/failure.ts'
import { writeFd } from '../../core/fdio.ts'
import { closeQuietly } from '../../os/close.ts'
import { unlinkGone } from '../../os/unlink.ts'
import { ANSWERS, answerLine, type KeptAnswer, keptAnswers } from '../../queue/answers.ts'
import type { Log } from '../log.ts'

/** A file is not longer than this, or it takes the place of the one before. */
const MAX_BYTES = 16_777_216

const fitting = (answers: Iterable<KeptAnswer>): Buffer => {
  const lines: Buffer[] = []
  let bytes = 0
  for (const answer of answers) {
    const line = toBuffer(answerLine(answer))
    bytes += line.length
    if (bytes > MAX_BYTES) break
    lines.push(line)
  }
  return Buffer.concat(lines)
}

/**
 * The last answers on disk: what is put off is appended to one file, one write a turn of the loop and never synced, and at the end there is one line for each that still matters. It costs
 * memory and time only: losing it, or a part, loses what qmail-qctl would have told. The current folder is queue/; one without answers/ keeps none.
 */
export class AnswersFile {
  readonly #log: Log
  #pending: Bytes[] = []
  #fd: number | undefined
  #bytes = 0
  /** Has trouble been told, and nothing been written since? */
  #isInTrouble = false

  constructor(log: Log) {
    this.#log = log
  }

  /** What was kept before. */
  *load(): Generator<KeptAnswer> {
    try {
      yield* keptAnswers('.')
    } catch {
      this.#log.line('warning: unable to read the last answers; they are forgotten')
    }
  }

  /** To be written when the turn is over. */
  note(answer: KeptAnswer): void {
    this.#pending.push(answerLine(answer))
  }

  /** Appends what was noted. */
  flush(): void {
    if (this.#pending.length === 0) return
    const bytes = toBuffer(this.#pending.join(''))
    this.#pending = []
    this.#attempt(() => {
      if (this.#bytes > MAX_BYTES) this.#turnOver()
      const fd = this.#fd ?? this.#open()
      this.#bytes += bytes.length
      writeFd(fd, bytes)
    })
  }

  /** Whatever stands there, the next line is one by itself. */
  #open(): number {
    this.#fd = openSync(ANSWERS.now, 'a', 0o600)
    this.#bytes = fstatSync(this.#fd).size
    if (this.#bytes > 0) writeFd(this.#fd, '\n')
    return this.#fd
  }

  /** From now on another file is appended to. */
  #turnOver(): void {
    this.#close()
    renameSync(ANSWERS.now, ANSWERS.before)
  }

  #close(): void {
    if (this.#fd !== undefined) closeQuietly(this.#fd)
    this.#fd = undefined
    this.#bytes = 0
  }

  /** At the end: these alone are kept, as many as there is room for. */
  rewrite(answers: Iterable<KeptAnswer>): void {
    this.#close()
    this.#attempt(() => {
      writeFileSync(ANSWERS.fresh, fitting(answers), { mode: 0o600 })
      renameSync(ANSWERS.fresh, ANSWERS.now)
      unlinkGone(ANSWERS.before)
    })
  }

  /** What cannot be written is told, once. */
  #attempt(work: () => void): void {
    try {
      work()
      this.#isInTrouble = false
    } catch (error) {
      this.#close()
      if (errorCode(error) === 'ENOENT' || this.#isInTrouble) return
      this.#isInTrouble = true
      this.#log.line('warning: unable to write the last answers; they may be forgotten at the next start')
    }
  }
}
