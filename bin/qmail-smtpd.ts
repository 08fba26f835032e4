/**
 * NAME     qmail-smtpd: receives mail by SMTP (spec network.md 4)
 * RUNS AS  qmaild:nofiles, under tcpserver
 * FDS      0< 1> the connection, 2> log, and trouble with control files; resident: 3<> the parent, which hands over connections
 * ENV      TCPREMOTEIP, TCPREMOTEHOST, TCPREMOTEINFO, TCPLOCALHOST, TCPLOCALIP; RELAYCLIENT, DATABYTES, QMAILQUEUE; in the place of
 *          control files: MAXRECIPIENTS, DISABLE_MAXRCPT, BRTLIMIT, TARPITCOUNT, TARPITDELAY, GREETDELAY, SMTPD_GREETDELAY, DROP_PRE_GREET,
 *          DISABLE_BADMAILFROM, NOBADHELO; for the log: TCPREMOTEPORT, TCPLOCALPORT
 * EXIT     0 after QUIT, 1 after any other end
 * FILES    control/ me smtpgreeting localiphost timeoutsmtpd rcpthosts morercpthosts.cdb badmailfrom badmailfromnorelay badrcptto
 *          badrcpttonorelay badhelo badhelonorelay patterns databytes esmtp maxrcpt maxerrors maxsession brtlimit greetdelay tarpitcount tarpitdelay smtpdlog
 *
 * The second gear (kept by tcpserver -w) serves many connections in one process; it may then read control/, and nothing else.
 */
import { SettingsCache } from '../src/control/cache.ts'
import { run } from '../src/core/run.ts'
import { readableFd, writableFd } from '../src/net/stdio.ts'
import { parentChannel, Worker } from '../src/serve/worker.ts'
import { serveConnection } from '../src/smtpd/connection.ts'
import { FILES, readSettings } from '../src/smtpd/settings.ts'
import { submit } from '../src/submit/submit.ts'

run('qmail-smtpd', ({ home, env, resident }) => {
  if (resident) {
    const settings = new SettingsCache(home, FILES, () => readSettings(home))
    return new Worker(parentChannel(), (socket, variables, open) =>
      serveConnection({ input: socket, output: socket, env: variables, readSettings: () => settings.get(), open })
    ).run()
  }
  return serveConnection({
    input: readableFd(0),
    output: writableFd(1),
    env,
    readSettings: () => readSettings(home),
    open: () => submit({ home, env })
  })
})
