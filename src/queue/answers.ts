import { join } from 'node:path'
import type { Bytes } from '../core/bytes.ts'
import { readIfThere } from '../core/if-there.ts'
import type { Channel } from './paths.ts'

/** qmail-send keeps last answers in this folder of queue/, for qmail-qctl to list after it has ended. Ours; qmail knows nothing of it, and nothing else depends on it. */
export const ANSWERS_FOLDER = 'answers'

/** Its files, relative to queue/: the one that is appended to, and the one before it. */
export const ANSWERS = { now: `${ANSWERS_FOLDER}/now`, before: `${ANSWERS_FOLDER}/before`, fresh: `${ANSWERS_FOLDER}/fresh` } as const

/** What became of the tries for one recipient of a message that is still not done. */
export interface KeptAnswer {
  id: number
  /** When the message was taken up, Unix seconds: numbers are used again. */
  birth: number
  channel: Channel
  address: Bytes
  /** Tries that ended in a deferral. */
  tries: number
  /** When the last one did, Unix seconds. */
  at: number
  /** What the other side said then. */
  text: Bytes
}

/** The line for an answer. */
export const answerLine = ({ id, birth, channel, address, tries, at, text }: KeptAnswer): Bytes =>
  `${JSON.stringify([id, birth, channel, address, tries, at, text])}\n`

/** What a line says; undefined: it is damaged. */
const answerIn = (line: Bytes): KeptAnswer | undefined => {
  let fields: unknown
  try {
    fields = JSON.parse(line)
  } catch {
    return undefined
  }
  if (!Array.isArray(fields)) return undefined
  const [id, birth, channel, address, tries, at, text] = fields as unknown[]
  const isSound = [id, birth, tries, at].every(Number.isSafeInteger) && (channel === 'local' || channel === 'remote')
  return isSound && typeof address === 'string' && typeof text === 'string' ? ({ id, birth, channel, address, tries, at, text } as KeptAnswer) : undefined
}

/** All answers kept, a later one about a recipient behind an earlier one; what is damaged is left out. `queue`: its folder. Throws system errors of reading. */
export function* keptAnswers(queue: string): Generator<KeptAnswer> {
  for (const path of [ANSWERS.before, ANSWERS.now]) {
    const text = readIfThere(join(queue, path)) ?? ''
    for (let at = 0, end = text.indexOf('\n'); end >= 0; at = end + 1, end = text.indexOf('\n', at)) {
      const answer = answerIn(text.slice(at, end))
      if (answer !== undefined) yield answer
    }
  }
}
