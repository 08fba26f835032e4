import { rows } from './row.ts'

/** Programs that .qmail files call, and what users make and move mailboxes with. */
export const local = rows({
  bouncesaying: {
    ring: 'U',
    synopsis: 'bouncesaying error [program [arg ...]]',
    help: false,
    about: 'bounces a message, if a program says so',
    runsAs: 'the recipient',
    fds: '0< message, 2> the error text',
    exits: { 0: 'not bounced', 100: 'bounced', 111: 'try again later' },
    budget: 20,
    isQuick: true
  },
  condredirect: {
    ring: 'U',
    synopsis: 'condredirect newaddress program [arg ...]',
    about: 'redirects a message, if a program says so',
    runsAs: 'the recipient',
    fds: '0< message (seekable), 2> qp',
    exits: { 0: 'not redirected', 99: 'redirected', 100: 'permanent failure', 111: 'temporary failure' },
    budget: 70,
    isQuick: true
  },
  except: {
    ring: 'U',
    synopsis: 'except program [arg ...]',
    help: false,
    about: "turns a program's answer round",
    runsAs: 'the recipient',
    fds: '0< message',
    exits: { 0: 'the program failed', 100: 'the program succeeded', 111: 'try again later' },
    budget: 20,
    isQuick: true
  },
  forward: {
    ring: 'U',
    synopsis: 'forward address ...',
    help: false,
    about: 'forwards a message',
    runsAs: 'the recipient',
    fds: '0< message, 2> qp',
    budget: 70,
    isQuick: true
  },
  preline: {
    ring: 'U',
    synopsis: 'preline [-frdFRD] program [arg ...]',
    about: 'runs a program that expects a From_ line before the message',
    runsAs: 'the recipient',
    fds: '0< message',
    exits: { 0: "success, or any code of the program's", 100: 'usage', 111: 'temporary failure' },
    budget: 30,
    isQuick: true
  },
  qreceipt: {
    ring: 'U',
    synopsis: 'qreceipt address',
    help: false,
    about: 'answers a request to be told of a delivery',
    runsAs: 'the recipient',
    fds: '0< message',
    budget: 70
  },
  qbiff: {
    ring: 'U',
    about: 'tells the user of new mail on the terminal',
    runsAs: 'the recipient',
    fds: '0< message',
    exits: { 0: 'always' },
    budget: 30
  },
  maildirmake: {
    ring: 'U',
    synopsis: 'maildirmake name',
    help: false,
    about: 'makes a Maildir',
    runsAs: 'anyone',
    fds: '2> why not',
    exits: { 0: 'made', 100: 'usage', 111: 'trouble' },
    budget: 20
  },
  maildir2mbox: {
    ring: 'U',
    about: 'moves the messages of a Maildir to an mbox',
    runsAs: 'the user whose mail it is',
    fds: '2> why not',
    exits: { 0: 'done', 111: 'trouble' },
    budget: 30
  },
  delivermbox: {
    ring: 'U',
    synopsis: 'delivermbox MAILBOX',
    help: false,
    about: 'delivers into a mailbox file, or a Maildir where the name ends in /',
    runsAs: 'the recipient',
    fds: '0< message (a file), 2> why not',
    exits: { 0: 'delivered', 100: 'usage', 111: 'trouble' },
    budget: 70
  },
  deliverquota: {
    ring: 'U',
    synopsis: 'deliverquota MAILDIR [QUOTA]',
    about: 'delivers into a Maildir that has a quota',
    runsAs: 'the recipient',
    fds: '0< message (a file), 2> why not',
    exits: { 0: 'delivered', 100: 'usage, or over quota', 111: 'over quota, or trouble' },
    budget: 70
  },
  lmtp: {
    ring: 'N',
    synopsis: 'lmtp SOCKET|HOST[:PORT] [RECIPIENT]',
    help: false,
    about: 'hands a message to an LMTP server',
    runsAs: 'the recipient',
    fds: '0< message, 1> what the server said, 2> why not',
    exits: { 0: 'taken', 100: 'refused for good, or usage', 111: 'not now' },
    budget: 70
  }
})
