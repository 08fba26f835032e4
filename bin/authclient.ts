/**
 * NAME     authclient [ program [ arg ... ] ]: asks qmail-authd about a password, and runs a program if it is right (spec modern.md 2.2)
 * RUNS AS  qmaild or root, under a front end: both can reach the door
 * FDS      3< login, password and stamp, challenge or method, each ended by NUL; 2> why not; the program has 0, 1 and 2 as they are
 * ENV      TCPREMOTEIP, TCPLOCALIP, TCPLOCALPORT, SERVICE (smtp, submission, pop3); all of it is handed on
 * EXIT     0 the password is right, or what the program says then; 1 refused; 2 misused: nothing on descriptor 3; 111 trouble
 * FILES    run/smtpd/auth: qmail-authd
 *
 * qmail-smtpd and qmail-popup, told to use it, do what it does by themselves.
 */
import { checkAtDoor } from '../src/checkpassword/at-door.ts'
import { run } from '../src/core/run.ts'
import { openDoor } from '../src/serve/door.ts'

run('authclient', ({ home, args, env }) => checkAtDoor(args, env, () => openDoor(home, 'auth')))
