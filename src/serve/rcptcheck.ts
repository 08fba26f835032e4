import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import { runPlugin } from './plugin.ts'

/** What $RCPTCHECK says of a recipient (spec network.md 10.4). `ignored`: it is told that it is taken, and gets nothing. */
export type RcptcheckAnswer = { kind: 'taken' | 'ignored' } | { kind: 'refused' | 'close'; reply: Bytes }

/** Asks the program $RCPTCHECK. Never fails. */
export const askRcptcheck = async (
  home: string,
  env: Env,
  facts: { SENDER: Bytes; RECIPIENT: Bytes; HELO: Bytes },
  seconds: number
): Promise<RcptcheckAnswer> => {
  const { exit, text } = await runPlugin({ program: env.RCPTCHECK ?? '', env: { ...env, ...facts, USE_FD4: '1' }, home, speaksOn: 4, seconds })
  const said = text.split(/[\r\n\0]/, 1)[0] ?? ''
  const reply = (code: string, otherwise: Bytes): Bytes => `${code} ${said === '' ? otherwise : said}`
  if (exit === 100) return { kind: 'refused', reply: reply('550', 'sorry, no mailbox here by that name (#5.1.1)') }
  if (exit === 112) return { kind: 'ignored' }
  if (exit === 113) return { kind: 'refused', reply: reply('452', 'sorry, too many recipients for now (#4.5.3)') }
  if (exit === 111 || exit === 120 || exit === undefined) return { kind: 'close', reply: reply('421', 'unable to verify recipient (#4.3.0)') }
  return { kind: 'taken' }
}
