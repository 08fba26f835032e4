import { rows } from './row.ts'

/** Programs that read what sendmail's users and administrators wrote, and the tables they use. */
export const aliases = rows({
  'dot-forward': {
    ring: 'U',
    synopsis: 'dot-forward [-nN] file ...',
    about: 'does what a .forward file says',
    runsAs: 'the recipient',
    fds: '0< message (seekable), 2> qp',
    exits: { 0: 'deliver as well', 99: 'done', 100: 'permanent failure', 111: 'temporary failure' },
    budget: 75,
    isQuick: true
  },
  fastforward: {
    ring: 'U',
    synopsis: 'fastforward [-nNpPdD] CDB',
    about: 'forwards a message by a table of aliases',
    runsAs: 'the recipient',
    fds: '0< message (seekable), 2> qp',
    exits: { 0: 'done', 99: 'done, with -p', 100: 'no such target, or permanent failure', 111: 'temporary failure' },
    budget: 76,
    isQuick: true
  },
  setforward: {
    ring: 'U',
    synopsis: 'setforward CDB TMP',
    about: "makes fastforward's table of instructions",
    runsAs: 'anyone',
    fds: '0< instructions, 2> why not',
    exits: { 0: 'made', 100: 'usage, or wrong instructions', 111: 'trouble: the old one stays' },
    budget: 30
  },
  printforward: {
    ring: 'U',
    about: "prints fastforward's table, as setforward reads it",
    runsAs: 'anyone',
    fds: '0< table, 1> instructions, 2> why not',
    exits: { 0: 'success', 100: 'no such table', 111: 'trouble' },
    budget: 20
  },
  newaliases: {
    ring: 'U',
    about: "makes fastforward's table of /etc/aliases",
    runsAs: 'root',
    fds: '2> what was made, or why not',
    exits: { 0: 'made', 100: 'an address is too long', 111: 'trouble: the old one stays' },
    budget: 40
  },
  newinclude: {
    ring: 'U',
    synopsis: 'newinclude LIST',
    about: 'makes the binary mailing list of an :include: file',
    runsAs: 'anyone',
    fds: '2> why not',
    exits: { 0: 'made', 100: 'usage', 111: 'trouble: the old one stays' },
    budget: 40
  },
  setmaillist: {
    ring: 'U',
    synopsis: 'setmaillist BIN TMP',
    about: 'makes a binary mailing list of lines',
    runsAs: 'anyone',
    fds: '0< lines, 2> why not',
    exits: { 0: 'made', 100: 'usage', 111: 'trouble: the old one stays' },
    budget: 20
  },
  printmaillist: {
    ring: 'U',
    about: 'prints a binary mailing list, a line an entry',
    runsAs: 'anyone',
    fds: '0< list, 1> lines, 2> why not',
    exits: { 0: 'success', 100: 'no such list', 111: 'trouble' },
    budget: 20
  }
})
