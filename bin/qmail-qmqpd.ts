/**
 * NAME     qmail-qmqpd: receives mail by QMQP, from whoever may connect (spec network.md 5.2)
 * RUNS AS  qmaild:nofiles, under tcpserver, whose rules must keep strangers out
 * FDS      0< 1> the connection, 2> trouble; resident: 0< the listening socket, 3<> the parent
 * ENV      TCPREMOTEIP, TCPREMOTEHOST, TCPREMOTEINFO, TCPLOCALHOST, TCPLOCALIP; QMAILQUEUE
 * EXIT     0 answered, or the client is gone; 100 it does not speak QMQP; 111 trouble, or an hour is over
 * FILES    none
 *
 * One request a connection, one answer for all its recipients. The second gear (kept by tcpserver -w) serves many connections in one process.
 */
import { run } from '../src/core/run.ts'
import { readableFd, writableFd } from '../src/net/stdio.ts'
import { serveQmqp } from '../src/qmtp/qmqpd.ts'
import { parentChannel, Worker } from '../src/serve/worker.ts'
import { submit } from '../src/submit/submit.ts'

run('qmail-qmqpd', ({ home, env, resident }) => {
  if (resident) return new Worker(parentChannel(), (socket, variables, open) => serveQmqp({ input: socket, output: socket, env: variables, open })).run()
  return serveQmqp({ input: readableFd(0), output: writableFd(1), env, open: () => submit({ home, env }) })
})
