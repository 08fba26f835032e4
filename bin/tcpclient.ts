/**
 * NAME     tcpclient: connects, and runs a program with the connection (spec network.md 2.4, 2.7)
 * RUNS AS  whoever runs it
 * FDS      2> why not; the program: 6< 7> the connection, the others as tcpclient has them
 * ENV      sets PROTO, TCP*; reads DNSCACHEIP, LOCALDOMAIN
 * EXIT     the program's; 100 usage, 111 no connection
 * FILES    /etc/services, /etc/resolv.conf
 *
 *   tcpclient [ -46hHrRdDqQv ] [ -i localip ] [ -p localport ] [ -T timeoutconn ] [ -l localname ] [ -t timeoutinfo ]
 *             host port program [ arg ... ]
 * -T x+y (2+58): each address is tried for x seconds, then those that were silent for y more. -4, -6: only addresses of that family.
 */
import { run } from '../src/core/run.ts'
import { tcpclient } from '../src/ucspi/tcpclient.ts'
import { tcpclientOptions } from '../src/ucspi/tcpclient-options.ts'

run('tcpclient', ({ args, env }) => tcpclient(tcpclientOptions(args), env))
