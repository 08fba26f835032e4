import { closeSync, openSync, readSync } from 'node:fs'
import type { Bytes } from '../../core/bytes.ts'

/** One recipient that failed, as bounce/ID tells it. */
export interface Failure {
  recipient: Bytes
  /** The report's text, as far as it counts. */
  text: Bytes
  /** Is it the last one of the file? */
  isLast: boolean
}

const CHUNK_BYTES = 65_536
/** Far above what a spawner may report. */
const MAX_TEXT_BYTES = 16_384

/** Lines of a file, without their LF; of those that are far too long the beginning. Throws system errors. */
function* lines(path: string): Generator<Bytes> {
  const fd = openSync(path, 'r')
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
    let held = ''
    for (let length = readSync(fd, buffer); length > 0; length = readSync(fd, buffer)) {
      const parts = (held + buffer.toString('latin1', 0, length)).split('\n')
      held = (parts.pop() ?? '').slice(0, CHUNK_BYTES)
      yield* parts
    }
    if (held !== '') yield held
  } finally {
    closeSync(fd)
  }
}

/** The paragraphs of a bounce file (spec queue.md 5.9), whoever wrote it; what is none is passed over. Throws system errors. */
export function* failuresIn(path: string): Generator<Failure> {
  let last: Failure | undefined
  let isInside = false
  for (const line of lines(path)) {
    if (isInside) {
      if (line === '') isInside = false
      else if (last && last.text.length < MAX_TEXT_BYTES) last.text += `${line}\n`
      continue
    }
    const recipient = /^<([\s\S]*)>:$/.exec(line)?.[1]
    if (recipient === undefined) continue
    if (last) yield last
    last = { recipient, text: '', isLast: false }
    isInside = true
  }
  if (last) yield { ...last, isLast: true }
}
