import { table } from './setting.ts'

/** Settings of SMTP that qmail does not have, or only its patches. */
export const smtp = table({
  esmtp: {
    type: 'list',
    readers: ['qmail-smtpd', 'qmail-remote'],
    reread: 'invocation',
    about:
      'extensions offered after EHLO, in this order, instead of PIPELINING and 8BITMIME; qmail-remote says EHLO and uses them, but those with a - in front',
    fresh: ['PIPELINING', 'SIZE', '8BITMIME', 'ENHANCEDSTATUSCODES', 'CHUNKING', 'SMTPUTF8', 'DSN', 'LIMITS', 'HELP']
  },
  xclient: {
    type: 'list',
    readers: ['qmail-smtpd', 'tcpserver'],
    reread: 'invocation',
    about:
      'front ends that may say for whom they speak (XCLIENT, XFORWARD): addresses, or address/bits; where it is there, tcpserver tells qmail-smtpd of its rules'
  },
  maxrcpt: {
    type: 'number',
    default: 1000,
    unit: 'recipients',
    readers: ['qmail-smtpd'],
    reread: 'invocation',
    about: 'recipients taken for one message; 0: no limit'
  },
  maxerrors: {
    type: 'number',
    default: 20,
    unit: 'commands',
    readers: ['qmail-smtpd'],
    reread: 'invocation',
    about: 'commands refused as unknown, malformed or out of order before the session is ended; 0: no limit'
  },
  maxsession: {
    type: 'number',
    default: 1800,
    unit: 'seconds',
    readers: ['qmail-smtpd'],
    reread: 'invocation',
    about: 'how long a session may last in which no message comes forward; 0: no limit'
  },
  patterns: {
    type: 'line',
    default: 'plain',
    readers: ['qmail-smtpd'],
    reread: 'invocation',
    about: 'how badmailfrom, badrcptto, badhelo and their norelay kin are written: plain, regex (POSIX extended), wildmat (* ? [a-z]), or auto'
  },
  badmailfromnorelay: {
    type: 'list',
    readers: ['qmail-smtpd'],
    reread: 'invocation',
    about: 'as badmailfrom, but not for clients that may relay'
  },
  badrcptto: {
    type: 'list',
    readers: ['qmail-smtpd'],
    reread: 'invocation',
    about: 'recipients refused: user@host or @host'
  },
  badrcpttonorelay: {
    type: 'list',
    readers: ['qmail-smtpd'],
    reread: 'invocation',
    about: 'as badrcptto, but not for clients that may relay'
  },
  badhelo: {
    type: 'list',
    readers: ['qmail-smtpd'],
    reread: 'invocation',
    about: 'HELO names refused, at RCPT, to clients that may not relay'
  },
  badhelonorelay: {
    type: 'list',
    readers: ['qmail-smtpd'],
    reread: 'invocation',
    about: 'as badhelo'
  },
  brtlimit: {
    type: 'number',
    default: 0,
    unit: 'recipients',
    readers: ['qmail-smtpd'],
    reread: 'invocation',
    about: 'recipients refused before the session is ended; 0: no limit'
  },
  greetdelay: {
    type: 'line',
    default: '0',
    readers: ['qmail-smtpd'],
    reread: 'invocation',
    about: 'seconds before the greeting, not for clients that may relay; with a - in front, those who speak before it are turned away'
  },
  tarpitcount: {
    type: 'number',
    default: 0,
    unit: 'recipients',
    readers: ['qmail-smtpd'],
    reread: 'invocation',
    about: 'recipients of a message after which each further one has to wait; 0: none'
  },
  tarpitdelay: {
    type: 'number',
    default: 5,
    unit: 'seconds',
    readers: ['qmail-smtpd'],
    reread: 'invocation',
    about: 'how long those of tarpitcount wait'
  },
  smtpdlog: {
    type: 'line',
    readers: ['qmail-smtpd'],
    reread: 'invocation',
    about:
      'what qmail-smtpd logs: session (a line for each session), s (also lines for each recipient and message, in the words of qmail-spp users), json (the line as JSON), none; without the file none, or s if control/esmtp is there'
  },
  downgrade: {
    type: 'number',
    default: 0,
    unit: '(0 or 1)',
    readers: ['qmail-remote'],
    reread: 'invocation',
    about: 'messages with bytes beyond ASCII for hosts that do not offer 8BITMIME: 0 they are sent as they are; 1 they bounce (#5.6.3)'
  },
  outgoingip: {
    type: 'line',
    readers: ['qmail-remote'],
    reread: 'invocation',
    about: 'address to connect from; 0.0.0.0: any'
  },
  moreipme: {
    type: 'list',
    readers: ['qmail-remote'],
    reread: 'invocation',
    about: 'addresses that count as ours though no interface has them: of a NAT router, say'
  },
  notipme: {
    type: 'list',
    readers: ['qmail-remote'],
    reread: 'invocation',
    about: 'addresses that do not count as ours though an interface has them'
  },
  recipientcheck: {
    type: 'number',
    default: 1,
    unit: 'for yes',
    readers: ['qmail-smtpd', 'qmail-start'],
    reread: 'invocation',
    about: 'qmail-smtpd refuses recipients in locals and virtualdomains that delivery would not find; 0: it takes them, and they bounce'
  },
  smtpplugins: {
    type: 'list',
    readers: ['qmail-smtpd'],
    reread: 'invocation',
    about: 'plug-ins of qmail-spp, where $ENABLE_SPP is set: sections [connection] [helo] [mail] [rcpt] [data] [auth], each with a program or :command a line'
  }
})
