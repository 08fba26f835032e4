import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import { askRcptcheck } from '../serve/rcptcheck.ts'
import { readPlugins, Spp } from '../serve/spp.ts'
import type { Hooks } from './connection.ts'

/** A program may take as long as a client may be silent, but not longer than this. */
const PATIENCE_SECONDS = 60

/**
 * What $ENABLE_SPP and $RCPTCHECK hook into a session, in its own process. Plug-ins change `env`, which is also the queue program's. `print`: a line for the
 * client. Throws Temporary when the list of plug-ins cannot be read.
 */
export const hooksFor = (home: string, env: Env, print: (line: Bytes) => void): Hooks => {
  const headers: Bytes[] = []
  const host = { home, env, seconds: PATIENCE_SECONDS, print, addHeader: (line: Bytes) => void headers.push(line) }
  const isChecked = env.RCPTCHECK !== undefined && (env.RELAYCLIENT === undefined || env.RCPTCHECKRELAYCLIENT !== undefined)
  return {
    headers,
    spp: env.ENABLE_SPP === undefined ? undefined : new Spp(readPlugins(home, env), host),
    rcptcheck: isChecked ? (SENDER, RECIPIENT, HELO) => askRcptcheck(home, env, { SENDER, RECIPIENT, HELO }, PATIENCE_SECONDS) : undefined
  }
}
