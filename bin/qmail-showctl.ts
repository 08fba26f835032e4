/**
 * NAME     qmail-showctl [--json]: explains the configuration
 * RUNS AS  anyone
 * FDS      1> the explanation, and why it cannot go on; 2> an unknown user or group
 * ENV      none
 * EXIT     0 explained (a setting that cannot be read is said to be so), 111 control/ or the accounts cannot be read
 * FILES    control/*, drop/, lib/ids, /etc/passwd, /etc/group
 *
 * Prints what is built in, then what each file of control/ says or what holds without it, then files it does not know; then how many messages
 * wait in drop/, if there are any and the caller may know.
 * With --json: one object, the value of every setting by its name (null where there is none).
 */

import { settingsValues } from '../src/admin/settings-values.ts'
import { buildBlock, dropBlock, settingsBlock } from '../src/admin/showctl.ts'
import { Exit } from '../src/core/exit.ts'
import { Temporary } from '../src/core/failure.ts'
import { writeFd } from '../src/core/fdio.ts'
import { logLine } from '../src/core/logline.ts'
import { run } from '../src/core/run.ts'
import { jsonLine, wantsJson } from '../src/format/json.ts'

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

run('qmail-showctl', ({ home, args }) => {
  const isWhole = wantsJson(args)
    ? told(() => jsonLine(settingsValues(home)), 2, 'fatal: ')
    : told(() => buildBlock(home), 2, 'fatal: ') && told(() => settingsBlock(home), 1, '') && told(() => dropBlock(home), 1, '')
  return isWhole ? Exit.ok : Exit.temporary
})
