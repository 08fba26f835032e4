import { IDS, rows } from './row.ts'

/** Programs: what administrators call. */
export const admin = rows({
  'qmail-qstat': {
    synopsis: 'qmail-qstat [--json]',
    ring: 'A',
    about: 'counts the messages of the queue',
    runsAs: 'root, or group qmail',
    fds: '1> text, 2> what could not be read',
    exits: { 0: 'always' },
    permissions: ['read:queue', 'read:drop'],
    npm: ['fast-glob'],
    budget: 300
  },
  'qmail-qread': {
    synopsis: 'qmail-qread [--json | --table]',
    ring: 'A',
    about: 'lists the messages of the queue',
    runsAs: 'root, or qmails:qmail',
    fds: '1> text, 2> trouble with drop/',
    exits: { 0: 'success', 111: 'trouble' },
    permissions: ['read:queue', 'read:drop'],
    budget: 120
  },
  'qmail-qctl': {
    synopsis:
      'qmail-qctl COMMAND [ID ...] [--sender PATTERN] [--recipient PATTERN] [--domain PATTERN] [--older TIME] [--younger TIME] [--state STATE] [--all] [--json] [--dry-run]\nqmail-qctl flush DOMAIN',
    ring: 'A',
    about: 'looks at the messages of the queue, and changes what becomes of them',
    runsAs: 'root',
    fds: '1> messages, 2> how many, progress, what could not be done',
    exits: { 0: 'done', 100: 'usage, or not allowed', 111: 'something could not be done, or qmail-send is not running' },
    npm: ['minimist'],
    budget: 60
  },
  'queue-repair': {
    synopsis: 'queue-repair [--repair] [--spill]',
    ring: 'A',
    about: 'checks the queue, and mends it',
    runsAs: 'root',
    mode: 0o700,
    fds: '1> what is wrong, 2> how much, why not',
    exits: { 0: 'nothing is wrong, or all was mended', 1: 'something is wrong', 100: 'usage', 111: 'qmail-send is running, or the queue cannot be entered' },
    runtime: 'node',
    npm: ['proper-lockfile', 'graceful-fs', 'retry', 'signal-exit'],
    budget: 120
  },
  'qmail-showctl': {
    synopsis: 'qmail-showctl [--json | --check]',
    ring: 'A',
    about: 'explains the configuration',
    runsAs: 'anyone',
    fds: '1> text, 2> why not',
    exits: { 0: 'success', 1: 'there are warnings (--check, --json)', 111: 'trouble' },
    permissions: [...IDS, 'read:control', 'read:drop', 'read:alias', 'read:run', 'read:/proc'],
    budget: 120
  },
  'qmail-config': {
    synopsis: 'qmail-config [--hub | --null-client RELAY] [--host NAME] [--domain NAME ...] [--admin ADDRESS] [--yes] [--force] [--dry-run]',
    ring: 'A',
    about: 'writes the first configuration',
    runsAs: 'root',
    fds: '0< answers, 1> text, 2> questions, why not',
    exits: { 0: 'written, so already, or shown', 100: 'usage, or nothing is written', 111: 'trouble' },
    npm: ['minimist'],
    budget: 60
  },
  'qmail-tlscert': {
    synopsis: 'qmail-tlscert\nqmail-tlscert -s NAME ...\nqmail-tlscert -r NAME ...\nqmail-tlscert -i CHAIN KEY [NAME]',
    ring: 'A',
    about: 'makes, installs and lists certificates for TLS',
    runsAs: 'root',
    fds: '1> what there is, or was made, 2> why not',
    exits: { 0: 'done', 100: 'usage, or a certificate that cannot be used: all is as it was', 111: 'trouble, or one that is there cannot be used' },
    runtime: 'node',
    budget: 40
  },
  'qmail-tlspolicy': {
    synopsis: 'qmail-tlspolicy [-v] DOMAIN',
    ring: 'A',
    about: 'says what TLS would be for mail to a domain',
    runsAs: 'root, or who may read control/',
    fds: '1> what holds, a line each, 2> why not',
    exits: { 0: 'mail would go', 1: 'it would not', 100: 'usage', 111: 'cannot tell, or trouble' },
    permissions: ['read:control', 'read:/etc/ssl/certs', 'read:/etc/resolv.conf', 'net'],
    budget: 85
  },
  'qmail-migrate': {
    synopsis: 'qmail-migrate [--from postfix|exim|sendmail] [--root DIR] [--host NAME] [--admin ADDRESS] [--rules FILE] [--write] [--force]',
    ring: 'A',
    about: "carries another MTA's configuration over",
    runsAs: 'root',
    fds: '1> text, 2> why not',
    exits: { 0: 'shown, or written', 100: 'usage, or nothing is written', 111: 'trouble' },
    npm: ['minimist'],
    budget: 80
  },
  'qmail-newu': {
    ring: 'A',
    about: 'makes users/cdb from users/assign',
    runsAs: 'root',
    mode: 0o700,
    fds: '2> why not',
    exits: { 0: 'made', 111: 'the old one stays' },
    atHome: true,
    budget: 40
  },
  'qmail-vuser': {
    synopsis:
      'qmail-vuser add [-q QUOTA] [-f ADDRESS,...] BOX@DOMAIN\nqmail-vuser set [-q QUOTA] [-f ADDRESS,...] BOX@DOMAIN\nqmail-vuser passwd BOX@DOMAIN\nqmail-vuser remove BOX@DOMAIN\nqmail-vuser list [DOMAIN]',
    ring: 'A',
    about: 'keeps users/virtual, the mailboxes without system accounts',
    runsAs: 'root',
    mode: 0o700,
    fds: '0< password, 1> list, 2> why not',
    exits: { 0: 'done', 100: 'usage, or no such mailbox', 111: 'trouble: all is as it was' },
    budget: 60
  },
  'qmail-pw2u': {
    synopsis: 'qmail-pw2u [-/ohHuUC] [-c CHAR]',
    ring: 'A',
    about: 'makes users/assign of a passwd file',
    runsAs: 'root',
    fds: '0< passwd, 1> assign, 2> why not',
    exits: { 0: 'success', 100: 'usage', 111: 'trouble' },
    budget: 40
  },
  'qmail-mfrules': {
    ring: 'A',
    about: 'makes control/mailfromrules.cdb from control/mailfromrules',
    runsAs: 'root',
    mode: 0o700,
    fds: '2> why not',
    exits: { 0: 'made', 111: 'the old one stays' },
    atHome: true,
    budget: 40
  },
  'qmail-newmrh': {
    ring: 'A',
    about: 'makes control/morercpthosts.cdb from control/morercpthosts',
    runsAs: 'root',
    mode: 0o700,
    fds: '2> why not',
    exits: { 0: 'made', 111: 'the old one stays' },
    atHome: true,
    budget: 40
  },
  splogger: {
    synopsis: 'splogger [TAG [FACILITY]]',
    ring: 'N',
    stays: true,
    about: 'hands log lines to syslog',
    runsAs: 'qmaill:nofiles',
    fds: '0< lines, 2> why not',
    exits: { 0: 'end of input', 100: 'no such facility', 111: 'logger(1) cannot be run' },
    permissions: ['read:/usr/bin/logger', 'child'],
    budget: 60
  },
  'qmail-tcpto': {
    ring: 'A',
    about: 'lists the addresses that timed out lately',
    runsAs: 'root or qmailr:qmail',
    fds: '1> text, trouble too',
    exits: { 0: 'listed', 111: 'trouble' },
    permissions: ['read:queue', 'read:/usr/bin/flock', 'child'],
    budget: 40
  },
  'qmail-tcpok': {
    ring: 'A',
    about: 'forgets the addresses that timed out',
    runsAs: 'root or qmailr:qmail',
    fds: '2> why not',
    exits: { 0: 'forgotten', 111: 'trouble' },
    permissions: ['read:queue', 'write:queue/lock', 'read:/usr/bin/flock', 'child'],
    budget: 40
  }
})
