/**
 * NAME     tcpserver: accepts connections and runs a program for each (spec network.md 2.1)
 * RUNS AS  root to bind, then -u and -g
 * FDS      1> the port (-1), then 0 and 1 are closed, 2> log; the program: 0< 1> the connection
 * ENV      sets PROTO, TCP*; reads DNSCACHEIP, LOCALDOMAIN; with -U: UID, GID
 * EXIT     0 at SIGTERM, 100 usage, 111 cannot start
 * FILES    the rules cdb of -x, at every connection; control/firstgear
 *
 *   tcpserver [ -1UXpPhHrRoOdDqQv46 ] [ -c limit ] [ -x rules.cdb ] [ -B banner ] [ -g gid ] [ -u uid ] [ -b backlog ]
 *             [ -l localname ] [ -t timeout ] [ -w workers ] host port program [ arg ... ]
 * With -w, qmail-smtpd of this suite runs in its second gear: that many processes, each serving many connections.
 */
import { run } from '../src/core/run.ts'
import { tcpserver } from '../src/tcpserver/main.ts'

run('tcpserver', tcpserver)
