/**
 * NAME     splogger [TAG [FACILITY]]: hands log lines to syslog
 * RUNS AS  qmaill:nofiles, under qmail-start
 * FDS      0< lines, 2> why not
 * ENV      TZ is handed to logger, which writes the time
 * EXIT     0 end of input, 100 there is no such facility, 111 logger(1) cannot be run
 * FILES    /dev/log, by way of /usr/bin/logger of util-linux
 *
 * Each line becomes an entry `TAG: SECONDS.MICROSECONDS line`. TAG is splogger by default, FACILITY a number (default 2, mail).
 * A line that starts with alert: or warning: has that priority, others are info. Bytes that cannot be printed become `?`; lines
 * over 799 bytes are cut, the pieces after the first have `+` after the same time. A last line without an end is lost.
 */
import { Exit } from '../src/core/exit.ts'
import { run } from '../src/core/run.ts'
import { facilityOf, SplogLines, steadyMicroseconds } from '../src/splogger/lines.ts'
import { chunksOf, openSyslog } from '../src/splogger/syslog.ts'

const LINES_FD = 0
const MAIL = '2'

run('splogger', async ({ args: [tag = 'splogger', facility = MAIL], env }) => {
  const lines = new SplogLines(facilityOf(facility), steadyMicroseconds(Date.now))
  const syslog = openSyslog(tag, env)
  for await (const chunk of chunksOf(LINES_FD)) await syslog.write(lines.push(chunk))
  await syslog.close()
  return Exit.ok
})
