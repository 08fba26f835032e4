import { logLine } from '../../core/logline.ts'
import type { Env } from '../../core/run.ts'
import { type GivenChecker, saysNothingMore } from '../../serve/given-checker.ts'
import type { AskChecker } from './session-auth.ts'

const FD = { connection: 0, log: 2 } as const

/** Asks the checker of the command line; undefined: there is none. It finds the connection at descriptor 0, and the session's variables (spec modern.md 2.2). */
export const checkerFor = (given: GivenChecker, env: Env, authd: AskChecker): AskChecker | undefined => {
  if (given.kind === 'none') return undefined
  if (given.kind === 'authd' && saysNothingMore(given.rest)) return authd
  const { program } = given
  const log = (text: string): void => logLine(FD.log, `qmail-smtpd: ${text}`)
  // it costs node:child_process, and few sessions log in
  return async (request) => (await import('../../serve/run-checker.ts')).runChecker({ program, env, input: FD.connection, log }, request)
}
