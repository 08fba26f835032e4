/**
 * NAME     tcp-env [ -rR ] [ -t timeout ] program [ arg ... ]: sets the TCP variables for a program run by inetd (spec network.md 3)
 * RUNS AS  whoever inetd runs it as
 * FDS      0< 1> the connection, handed on
 * ENV      sets PROTO, TCP*, unless PROTO is TCP already; reads DNSCACHEIP
 * EXIT     the program's; 111 anything else, without a message
 * FILES    /proc/self/net/tcp, /proc/self/net/tcp6
 */
import { Exit } from '../src/core/exit.ts'
import { run } from '../src/core/run.ts'
import { tcpEnv } from '../src/ucspi/tcp-env.ts'

run('tcp-env', ({ args, env }) => tcpEnv(args, env).catch(() => Exit.temporary)) // its callers have nobody to tell
