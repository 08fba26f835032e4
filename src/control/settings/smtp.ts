import { table } from './setting.ts'

/** Settings of SMTP that qmail does not have, or only its patches. */
export const smtp = table({
  esmtp: {
    type: 'list',
    readers: ['qmail-smtpd', 'qmail-remote'],
    reread: 'invocation',
    about: 'extensions offered after EHLO, in this order, instead of PIPELINING and 8BITMIME; qmail-remote says EHLO and uses them, but those with a - in front'
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
  }
})
