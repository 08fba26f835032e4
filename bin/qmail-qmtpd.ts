/**
 * NAME     qmail-qmtpd: receives mail by QMTP (spec network.md 5.1)
 * RUNS AS  qmaild:nofiles, under tcpserver
 * FDS      0< 1> the connection, 2> trouble with control files; resident: 0< the listening socket, 3<> the parent
 * ENV      TCPREMOTEIP, TCPREMOTEHOST, TCPREMOTEINFO, TCPLOCALHOST, TCPLOCALIP; RELAYCLIENT, DATABYTES, QMAILQUEUE
 * EXIT     0 the client is gone; 100 it does not speak QMTP; 111 trouble, or an hour is over
 * FILES    control/ rcpthosts morercpthosts.cdb databytes
 *
 * Every recipient of a packet gets an answer. The second gear (kept by tcpserver -w) serves many connections in one process.
 */
import { SettingsCache } from '../src/control/cache.ts'
import { run } from '../src/core/run.ts'
import { readableFd, writableFd } from '../src/net/stdio.ts'
import { FILES, readSettings, serveQmtp } from '../src/qmtp/qmtpd.ts'
import { parentChannel, Worker } from '../src/serve/worker.ts'
import { submit } from '../src/submit/submit.ts'

run('qmail-qmtpd', ({ home, env, resident }) => {
  if (resident) {
    const settings = new SettingsCache(home, FILES, () => readSettings(home))
    return new Worker(parentChannel(), (socket, variables, open) =>
      serveQmtp({ input: socket, output: socket, env: variables, open }, () => settings.get())
    ).run()
  }
  return serveQmtp({ input: readableFd(0), output: writableFd(1), env, open: () => submit({ home, env }) }, () => readSettings(home))
})
