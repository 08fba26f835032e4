/**
 * NAME     rblsmtpd [ -bBcCiRW ] [ -t timeout ] [ -w delay ] [ -r base ] [ -a base ] program [ arg ... ]: turns SMTP clients away that are on a block list (spec network.md 2.5, 2.7)
 * RUNS AS  whoever runs it, under tcpserver
 * FDS      0< 1> the connection, 2> who was turned away
 * ENV      TCPREMOTEIP, RBLSMTPD, GREETDELAY; reads DNSCACHEIP
 * EXIT     0 turned away, else the program's; 100 usage; 111 the program cannot be run
 * FILES    /etc/resolv.conf
 *
 * -r base: those whose reversed address below base has a TXT record, or with -r base:text an A record, are turned away (text: %IP% is the address). -a base: those that
 * have an A record there are let in. The first that decides does; all are asked at once, for 30 seconds altogether. -b, -c before them: for good; a list that
 * cannot be asked blocks. -i: let all in, with RBLSMTPD set for the program. -w: let them wait so many seconds; -W: $GREETDELAY seconds.
 */
import { run } from '../src/core/run.ts'
import { rblOptions, rblsmtpd } from '../src/ucspi/rblsmtpd.ts'

run('rblsmtpd', ({ args, env }) => rblsmtpd(rblOptions(args, env), env))
