import type { Bytes } from '../core/bytes.ts'

/** qmail-queue's exit codes (spec queue.md 2). */
export const QueueExit = {
  ok: 0,
  addressTooLong: 11,
  refused: 31,
  memory: 51,
  timeout: 52,
  writeError: 53,
  readError: 54,
  configuration: 55,
  home: 61,
  queueFolder: 62,
  pidFile: 63,
  messLink: 64,
  intdFile: 65,
  todoLink: 66,
  refusedNow: 71,
  connectTimeout: 72,
  connectFailed: 73,
  communication: 74,
  crash: 81,
  badEnvelope: 91,
  cannotRun: 120
} as const

/** How a submission ended: the queue program's exit code (null: killed by a signal), what it wrote on fd 6, its `qp` number, and whether we failed to hand it all over. */
export interface QueueResult {
  code: number | null
  text: Bytes
  qp: number
  weFailed: boolean
}

/** What that means to the one who submits. The text ends with an enhanced code in parentheses and has no line end. */
export type Verdict = { kind: 'ok' } | { kind: 'permanent' | 'temporary'; text: Bytes }

const texts: Record<number, string> = {
  11: 'envelope address too long for qq (#5.1.3)',
  115: 'envelope address too long for qq (#5.1.3)',
  31: 'mail server permanently rejected message (#5.3.0)',
  51: 'qq out of memory (#4.3.0)',
  52: 'qq timeout (#4.3.0)',
  53: 'qq write error or disk full (#4.3.0)',
  54: 'qq read error (#4.3.0)',
  55: 'qq unable to read configuration (#4.3.0)',
  56: 'qq trouble making network connection (#4.3.0)',
  61: 'qq trouble in home directory (#4.3.0)',
  62: 'qq trouble creating files in queue (#4.3.0)',
  63: 'qq trouble creating files in queue (#4.3.0)',
  64: 'qq trouble creating files in queue (#4.3.0)',
  65: 'qq trouble creating files in queue (#4.3.0)',
  66: 'qq trouble creating files in queue (#4.3.0)',
  71: 'mail server temporarily rejected message (#4.3.0)',
  72: 'connection to mail server timed out (#4.4.1)',
  73: 'connection to mail server rejected (#4.4.1)',
  74: 'communication with mail server failed (#4.4.2)',
  81: 'qq internal bug (#4.3.0)',
  91: 'qq internal bug (#4.3.0)',
  120: 'unable to exec qq (#4.3.0)'
}

/** The verdict on a submission (spec network.md 1.6). Unknown codes are temporary, but for 11 to 40. */
export const verdict = ({ code, text, weFailed }: QueueResult): Verdict => {
  if (code === null) return { kind: 'temporary', text: 'qq crashed (#4.3.0)' }
  if (code === 0) return weFailed ? { kind: 'temporary', text: texts[54] ?? '' } : { kind: 'ok' }
  if (code === 82 && text.length > 2) return { kind: text.startsWith('D') ? 'permanent' : 'temporary', text: /^[^\r\n\0]*/.exec(text.slice(1))?.[0] ?? '' }
  const isPermanent = (code >= 11 && code <= 40) || code === 115
  return {
    kind: isPermanent ? 'permanent' : 'temporary',
    text: texts[code] ?? (isPermanent ? 'qq permanent problem (#5.3.0)' : 'qq temporary problem (#4.3.0)')
  }
}
