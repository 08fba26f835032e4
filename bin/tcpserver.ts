/**
 * NAME     tcpserver, sslserver: accepts connections and runs a program for each (spec network.md 2.1)
 * RUNS AS  root to bind, then -u and -g
 * FDS      1> the port (-1), then 0 is the listening socket and 1 is closed, 2> log; the program: 0< 1> the connection; a worker: 0< the listening socket
 * ENV      sets PROTO, TCP*; reads DNSCACHEIP, LOCALDOMAIN, DIEMSG, RBLSMTPD; with -U: UID, GID
 * EXIT     0 at SIGTERM, 100 usage, 111 cannot start
 * FILES    the rules cdb of -x, at every connection; control/ firstgear dnsbllist dnsblfailclosed dnsbltimeout; servercert.pem: is it there?; run/smtpd
 *
 *   tcpserver [ -1UXnsepPhHrRoOdDqQv46 ] [ -c limit ] [ -x rules.cdb ] [ -B banner ] [ -g gid ] [ -u uid ] [ -b backlog ]
 *             [ -l localname ] [ -t timeout ] [ -w workers ] [ -m n ] [ -M n ] [ -k n/seconds ] [ -K n/seconds ] [ -N bits/bits ]
 *             [ -a networks ] [ -I interface ] host port program [ arg ... ]
 * -w: this suite's qmail-smtpd, qmail-qmtpd or qmail-qmqpd runs in its second gear: that many processes, each accepting and serving many connections.
 * -m, -M: so many connections at a time from an address, from a network (-N: leading bits of IPv4 and IPv6 addresses, 24/64). -k, -K: so many in
 * so many seconds. A rule may set MAXCONNIP, MAXCONNC, MAXRATEIP, MAXRATEC instead (0: no limit). $DIEMSG is said to those over a limit.
 * -a: connections from these addresses and networks (1.2.3.4,10.0.0.0/8) begin with a PROXY header, version 1 or 2, which says who the client is.
 * Its second gear, beside itself and root for life, is the parent of qmail-tlsd, where there is TLS.
 * control/dnsbllist: clients of qmail-smtpd on these lists are turned away, as rblsmtpd does it.
 */
import { run } from '../src/core/run.ts'
import { tcpserver } from '../src/tcpserver/main.ts'
import { keeperChannel, TlsKeeper } from '../src/tcpserver/tls-keeper.ts'

run('tcpserver', (context) => {
  if (!context.resident) return tcpserver(context)
  process.on('SIGHUP', () => {}) // tcpserver hears it, and says what to do
  return new TlsKeeper(context.home, keeperChannel()).run()
})
