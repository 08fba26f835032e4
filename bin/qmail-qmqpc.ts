/**
 * NAME     qmail-qmqpc: hands one message to a mail server by QMQP, as the qmail-queue of a host without a queue (spec network.md 5.3)
 * RUNS AS  the caller
 * FDS      0< message, 1< envelope
 * ENV      none
 * EXIT     0 accepted; 31 refused; 54 read error; 55 no servers; 71 refused for now; 72 connecting timed out; 73 could not connect; 74 the connection broke; 91 bad envelope; 111 our own bugs
 * FILES    control/qmqpservers
 *
 * A line of control/qmqpservers is an address, or address:port (628). They are tried in order until one can be connected to, and none after that.
 */
import { run } from '../src/core/run.ts'
import { sendByQmqp } from '../src/qmtp/qmqpc.ts'

run('qmail-qmqpc', ({ home }) => sendByQmqp(home))
