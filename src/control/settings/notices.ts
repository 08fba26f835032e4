import { table } from './setting.ts'

/** What qmail-send tells senders about their mail: bounces and other notices (spec modern.md 5.7). */
export const notices = table({
  bounceformat: {
    type: 'line',
    default: 'qsbmf',
    readers: ['qmail-send'],
    reread: 'hup',
    about:
      "how bounces are written: qsbmf (qmail's own format, for people) or dsn (the same text, a part for programs by RFC 3464, and the message as an attachment)",
    fresh: ['dsn']
  },
  bouncemaxbytes: {
    type: 'number',
    default: 0,
    unit: 'bytes',
    readers: ['qmail-send'],
    reread: 'hup',
    about: 'a bounce holds only the header of a message that is larger; 0: no limit'
  },
  delaywarning: {
    type: 'list',
    readers: ['qmail-send'],
    reread: 'hup',
    about: 'at these ages, in seconds, senders are told that a message has not been delivered yet, once each; absent or 0: never; at most nine',
    fresh: ['14400']
  },
  bouncerate: {
    type: 'number',
    default: 60,
    unit: 'bounces a minute',
    readers: ['qmail-send'],
    reread: 'hup',
    about: 'how many bounces one address gets; more of them wait, and what would wait for over an hour is dropped, with a line in the log; 0: no limit'
  }
})
