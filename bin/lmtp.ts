/**
 * NAME     lmtp SOCKET|HOST[:PORT] [RECIPIENT]: hands a message to an LMTP server
 * RUNS AS  the recipient, from a line of .qmail: |lmtp /run/dovecot/lmtp
 * FDS      0< the message, 1> what the server said, 2> why not
 * ENV      SENDER; RECIPIENT, unless the argument says another one
 * EXIT     0 the server took it; 100 the server refused it for good, or usage; 111 not now, or it went away
 * FILES    control/ me timeoutconnect timeoutremote
 *
 * One session a message. HOST is a name or an address (IPv6 in brackets); PORT is 24 unless said.
 */
import { run } from '../src/core/run.ts'
import { lmtp } from '../src/lmtp/lmtp.ts'

run('lmtp', lmtp)
