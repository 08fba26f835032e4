/**
 * NAME     checkpassword program [ arg ... ]: checks a password, becomes its user and runs a program (spec network.md 8.2)
 * RUNS AS  root, under qmail-popup or another front end
 * FDS      3< login, password and timestamp, each ended by NUL; 2> why not; the program has the others as they are
 * ENV      all of it is handed on, with USER, HOME and SHELL
 * EXIT     the program's; 1 refused; 2 misused: nothing on descriptor 3, or no program; 111 trouble
 * FILES    users/authuser, users/virtual, control/virtualuser; what the system keeps passwords in, by way of unix_chkpwd
 *
 * A login with an `@` may be a mailbox of users/virtual ($scrypt$, $5$, $6$, $2b$, $y$ hashes); all others are the system's users. Where there is users/authuser (s/qmail's), it is asked first, and the
 * system's users are those it lets in. User 0 is always refused. A refusal takes two seconds, for users that do not exist too. APOP and CRAM-MD5 need a password in clear, which only users/authuser may have.
 */
import { listedLookup, readAuthusers } from '../src/checkpassword/authuser.ts'
import { checkPassword, systemLookup } from '../src/checkpassword/check.ts'
import { virtualLookup } from '../src/checkpassword/virtual.ts'
import { run } from '../src/core/run.ts'

run('checkpassword', ({ home, args, env }) => {
  const listed = readAuthusers(home)
  const lookups = listed ? [listedLookup(home, listed), virtualLookup(home)] : [virtualLookup(home), systemLookup]
  return checkPassword(args, env, lookups)
})
