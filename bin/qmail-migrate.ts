/**
 * NAME     qmail-migrate [--from postfix|exim|sendmail] [--root DIR] [--host NAME] [--admin ADDRESS] [--rules FILE] [--write] [--force]: carries another MTA's configuration over
 * RUNS AS  root
 * FDS      1> the files it comes to, and what could not be carried over; 2> why not
 * ENV      none
 * EXIT     0 shown, or written; 100 usage, nothing to read, or nothing written for want of --force; 111 trouble
 * FILES    /etc/postfix/main.cf and what it names; /etc/exim4/update-exim4.conf.conf, hubbed_hosts, local_sender_blacklist and others there; /etc/mail/sendmail.mc,
 *          local-host-names, relay-domains, access, mailertable, virtusertable; /etc/aliases, /etc/mailname, /etc/passwd; writes control/ and .qmail files in the home of
 *          alias, and rules for tcpserver
 *
 *   --from MTA      which to read, where there are several
 *   --root DIR      as if DIR were /: a backup, another machine's disk
 *   --host NAME     this host's name, where the configuration does not say
 *   --admin ADDRESS who reads mail to postmaster, root, abuse and mailer-daemon where they have no alias
 *   --rules FILE    where rules for tcpserver go, instead of /etc/tcp.smtp
 *   --write         writes the files; else they are only shown        --force  replaces those that say something else
 */
import { migrate } from '../src/admin/migrate/migrate.ts'
import { run } from '../src/core/run.ts'

run('qmail-migrate', migrate)
