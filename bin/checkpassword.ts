/**
 * NAME     checkpassword program [ arg ... ]: checks a password, becomes its user and runs a program (spec network.md 8.2)
 * RUNS AS  root, under qmail-popup or another front end
 * FDS      3< login, password and timestamp, each ended by NUL; 2> why not; the program has the others as they are
 * ENV      all of it is handed on, with USER, HOME and SHELL
 * EXIT     the program's; 1 refused; 2 misused: nothing on descriptor 3, or no program; 111 trouble
 * FILES    users/virtual, control/virtualuser; what the system keeps passwords in, by way of unix_chkpwd
 *
 * A login with an `@` may be a mailbox of users/virtual ($scrypt$, $5$, $6$, $2b$, $y$ hashes); all others are the system's users. User 0 is always refused. A refusal takes two seconds, for users that do not exist too. APOP is refused: no password is kept in clear.
 */
import { checkPassword } from '../src/checkpassword/check.ts'
import { virtualLookup } from '../src/checkpassword/virtual.ts'
import { run } from '../src/core/run.ts'

run('checkpassword', ({ home, args, env }) => checkPassword(args, env, [virtualLookup(home)]))
