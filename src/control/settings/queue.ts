import { table } from './setting.ts'

/** Our own settings: queue, scheduling, spawners. */
export const queue = table({
  firstgear: {
    type: 'list',
    readers: ['tcpserver', 'qmail-start', 'qmail-send', 'qmail-lspawn', 'qmail-rspawn'],
    reread: 'invocation',
    about: 'programs kept in their first gear: run once a job (doc/internals.md, Two gears)'
  },
  dropbytes: {
    type: 'number',
    default: 1_073_741_824,
    unit: 'bytes',
    readers: ['qmail-queue', 'qmail-queued', 'qmail-inject', 'sendmail', 'qmail-smtpd', 'qmail-local'],
    reread: 'invocation',
    about: 'largest message an ordinary user may hand in, through drop/; 0: no limit. A larger one is refused for good (exit 31)'
  },
  envelopebytes: {
    type: 'number',
    default: 67_108_864,
    unit: 'bytes',
    readers: ['qmail-queue', 'qmail-queued', 'qmail-inject', 'sendmail', 'qmail-smtpd', 'qmail-local', 'qmail-send'],
    reread: 'invocation',
    about: 'largest envelope taken into the queue; 0: no limit. One above it is refused for good (exit 11)'
  },
  envelopercpts: {
    type: 'number',
    default: 1_000_000,
    unit: 'recipients',
    readers: ['qmail-queue', 'qmail-queued', 'qmail-inject', 'sendmail', 'qmail-smtpd', 'qmail-local', 'qmail-send'],
    reread: 'invocation',
    about: 'most recipients of one message taken into the queue; 0: no limit. One above it is refused for good (exit 11)'
  },
  commitlog: {
    type: 'number',
    default: 1_048_576,
    unit: 'bytes',
    max: 1_048_576,
    readers: ['qmail-queued'],
    reread: 'invocation',
    about: 'messages up to this size go through the commit log on their way; 0: all become files at once (doc/internals.md, The commit log)'
  },
  destinations: {
    type: 'map',
    readers: ['qmail-send'],
    reread: 'hup',
    about:
      'domain:concurrency:per-minute, limits for mail to a host or relay, to each below .domain, or (nothing before the first colon) to each other one; an empty number is no limit'
  },
  retryschedule: {
    type: 'list',
    readers: ['qmail-send'],
    reread: 'hup',
    about: 'pauses between tries (300, 5m, 1h, 1d; local: or remote: before it for one channel), the last again and again; missing: the squares of qmail'
  }
})
