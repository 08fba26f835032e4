/**
 * NAME     qmail-showctl [--json | --check]: explains the configuration
 * RUNS AS  anyone
 * FDS      1> the explanation, and why it cannot go on; 2> an unknown user or group
 * ENV      none
 * EXIT     0 explained (a setting that cannot be read is said to be so), 1 with --check or --json: there are warnings; 111 control/ or the accounts cannot be read
 * FILES    control/*, drop/, run/helpers, lib/ids, /etc/passwd, /etc/group; whether alias/ has a .qmail-postmaster
 *
 * Prints what is built in, then what each file of control/ says or what holds without it, then files it does not know, then those of other qmails
 * that have no effect; then which helpers are on, why and since when; then how many messages wait in drop/, if there are any and the caller may know;
 * then advice.
 * With --check: only warnings, a line each: conflicts, and what cannot be meant; and advice, of which the exit code does not tell.
 * With --json: one object, the value of every setting by its name (null where there is none), `warnings` and `advice`.
 */

import { adviceOf } from '../src/admin/advice.ts'
import { helpersBlock } from '../src/admin/helpers-block.ts'
import { settingsValues } from '../src/admin/settings-values.ts'
import { buildBlock, dropBlock, namesIn, settingsBlock } from '../src/admin/showctl.ts'
import { warningsOf } from '../src/admin/warnings.ts'
import { Exit } from '../src/core/exit.ts'
import { Temporary } from '../src/core/failure.ts'
import { writeFd } from '../src/core/fdio.ts'
import { logLine } from '../src/core/logline.ts'
import { run } from '../src/core/run.ts'
import { jsonLine, wantsJson } from '../src/format/json.ts'

/** All is told, and there are warnings. */
const WARNED = 1
const CHECK = '--check'

/** The text, or what is wrong, told on a descriptor. */
const told = (text: () => string, fd: number, prefix: string): boolean => {
  try {
    writeFd(1, text())
    return true
  } catch (error) {
    if (!(error instanceof Temporary)) throw error
    logLine(fd, prefix + error.message)
    return false
  }
}

/** What is wrong; of files that cannot be read, which. */
const warnings = async (home: string): Promise<string[]> => {
  try {
    return await warningsOf(home, namesIn(home))
  } catch (error) {
    if (error instanceof Temporary) return [error.message]
    throw error
  }
}

const lines = (kind: 'warning' | 'advice', found: readonly string[]): string => found.map((line) => `${kind}: ${line}\n`).join('')

const advice = (home: string): string[] => {
  try {
    return adviceOf(home)
  } catch (error) {
    if (error instanceof Temporary) return [] // it is among the warnings
    throw error
  }
}

const adviceBlock = (home: string): string => {
  const text = lines('advice', advice(home))
  return text === '' ? '' : `\n${text}`
}

run('qmail-showctl', async ({ home, args }) => {
  if (args[0] !== CHECK && !wantsJson(args)) {
    const blocks = [settingsBlock, helpersBlock, dropBlock, adviceBlock]
    const isWhole = told(() => buildBlock(home), 2, 'fatal: ') && blocks.every((block) => told(() => block(home), 1, ''))
    return isWhole ? Exit.ok : Exit.temporary
  }
  const [found, advised] = [await warnings(home), advice(home)]
  const text = (): string =>
    args[0] === CHECK ? lines('warning', found) + lines('advice', advised) : jsonLine({ ...settingsValues(home), warnings: found, advice: advised })
  if (!told(text, 2, 'fatal: ')) return Exit.temporary
  return found.length === 0 ? Exit.ok : WARNED
})
