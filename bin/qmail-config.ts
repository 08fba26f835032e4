/**
 * NAME     qmail-config [--hub | --null-client RELAY] [--host NAME] [--domain NAME ...] [--admin ADDRESS] [--yes] [--force] [--dry-run]: writes the first configuration
 * RUNS AS  root
 * FDS      0< answers, a line each; 1> what it found and what it writes, 2> questions, and why not
 * ENV      DNSCACHEIP: name servers instead of those of /etc/resolv.conf
 * EXIT     0 written, so already, or shown; 100 usage, a name that makes no sense, or nothing written for want of a yes or --force; 111 trouble
 * FILES    control/ me locals rcpthosts defaultdomain plusdomain, --hub: defaulthost, --null-client: smtproutes defaulthost doublebouncehost;
 *          .qmail-postmaster, -mailer-daemon, -root and -abuse in the home of alias; /etc/hosts and /etc/passwd for its guesses
 *
 *   --host NAME         this host's name; else what /etc/hosts or the system calls it
 *   --domain NAME       a domain whose users are here too; may be given again
 *   --admin ADDRESS     who reads mail to postmaster, mailer-daemon, root and abuse
 *   --hub               users write as users of the first domain (else of this host's), and other hosts send through this one
 *   --null-client RELAY nothing is delivered here, all goes to RELAY (host or host:port); mail written here comes from the domain
 *   --yes               asks nothing      --dry-run  shows only
 *   --force             replaces files that say something else
 * What is not said it asks. A file that says something else is replaced only if it is told to; where one of control/ is not to be, nothing is written.
 */
import { config } from '../src/admin/config/config.ts'
import { run } from '../src/core/run.ts'

run('qmail-config', config)
