import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cdbBytes } from '../../src/format/cdb.ts'
import type { Home } from './home.ts'
import { type Daemon, startDaemon, startServer } from './suite.ts'
import { untilServed } from './wait.ts'

/**
 * A password checker in a file, for control/checkpassword or a command line: joe's password is `secret` (and what CRAM-MD5 makes of it), the token `t0ken` is joe's; `addresses`
 * are what he may send from. `busy` finds nobody to ask. It writes down each time it is asked in lib/asked.
 */
export const layChecker = (home: Home, addresses: readonly string[] = []): string => {
  const file = home.at('lib', 'checker')
  const script = `#!/usr/bin/perl
use Digest::MD5 qw(md5); use Fcntl;
open(my $in, '<&=', 3) or exit 111; exit 111 if fcntl($in, F_GETFL, 0) & O_NONBLOCK; # programs in C would take that for an error
 local $/; my ($user, $secret, $challenge) = split /\\0/, <$in>, -1;
open(my $asked, '>>', '${home.at('lib', 'asked')}'); print $asked join('|', $user, $challenge, map { $_ // '' } @ENV{qw(SERVICE TCPREMOTEIP)}), "\\n"; close $asked;
sub hmac { my ($key, $text) = @_; $key .= "\\0" x (64 - length $key); md5(($key ^ ("\\x5c" x 64)) . md5(($key ^ ("\\x36" x 64)) . $text)) }
exit 111 if $user eq 'busy';
my $right = $challenge =~ /^(oauthbearer|xoauth2)$/ ? $secret eq 't0ken'
  : $user eq 'joe' && ($challenge eq '' ? $secret eq 'secret' : $secret eq unpack('H*', hmac('secret', $challenge)));
exit 1 unless $right;
print join("\\n", 'joe', ${addresses.map((a) => `'${a}'`).join(', ')}), "\\n";
exit 0;
`
  writeFileSync(file, script)
  chmodSync(file, 0o755)
  writeFileSync(home.at('lib', 'asked'), '')
  chmodSync(home.at('lib', 'asked'), 0o666)
  return file
}

/** What the checker was asked so far, a line each. */
export const asked = (home: Home): string[] => readFileSync(home.at('lib', 'asked'), 'latin1').split('\n').slice(0, -1)

/** qmail-authd with this checker, at work. */
export const startAuthd = async (home: Home, checker: string): Promise<Daemon> => {
  home.control('checkpassword', `${checker} true\n`)
  const daemon = startDaemon(home, 'qmail-authd', [])
  await untilServed(home.at('run', 'smtpd', 'auth'))
  return daemon
}

let files = 0

/** tcpserver with qmail-smtpd, whose rules set these variables for everybody; -w for the second gear. `args`: qmail-smtpd's. */
export const smtpdWith = (
  home: Home,
  variables: Readonly<Record<string, string>>,
  options: string[] = [],
  args: string[] = []
): ReturnType<typeof startServer> => {
  const rules = home.at(`rules-${++files}.cdb`)
  const data = Object.entries(variables).map(([name, value]) => `+${name}=${value}\0`)
  writeFileSync(rules, cdbBytes([['', data.join('')]]))
  return startServer(home, 'qmail-smtpd', ['-x', rules, ...options], args)
}

/** The messages in the queue, as text. */
export const queued = (home: Home): string[] =>
  readdirSync(home.at('queue', 'todo')).map((id) => readFileSync(home.at('queue', 'mess', String(Number(id) % 23), id), 'latin1'))
