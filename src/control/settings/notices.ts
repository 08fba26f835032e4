import { table } from './setting.ts'

/** What qmail-send tells senders about their mail: bounces and other notices (spec modern.md 5.7). */
export const notices = table({
  bounceformat: {
    type: 'line',
    default: 'qsbmf',
    readers: ['qmail-send'],
    reread: 'hup',
    about:
      "how bounces are written: qsbmf (qmail's own format, for people) or dsn (the same text, a part for programs by RFC 3464, and the message as an attachment)"
  },
  bouncemaxbytes: {
    type: 'number',
    default: 0,
    unit: 'bytes',
    readers: ['qmail-send'],
    reread: 'hup',
    about: 'a bounce holds only the header of a message that is larger; 0: no limit'
  }
})
