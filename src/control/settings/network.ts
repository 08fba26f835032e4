import { table } from './setting.ts'

/** Settings of the network programs that are neither SMTP's nor qmail's. */
export const network = table({
  dnsbllist: {
    type: 'list',
    readers: ['tcpserver'],
    reread: 'invocation',
    about:
      'block lists in DNS for clients of qmail-smtpd under tcpserver: base, or base:text for a list without TXT records; - before it: refused for good, +: an allow list'
  },
  dnsblfailclosed: {
    type: 'number',
    default: 0,
    unit: '(0 or 1)',
    max: 1,
    readers: ['tcpserver'],
    reread: 'invocation',
    about: '1: a list of dnsbllist that cannot be asked counts as a reason to refuse for now'
  },
  dnsbltimeout: {
    type: 'number',
    default: 10,
    unit: 'seconds',
    readers: ['tcpserver'],
    reread: 'invocation',
    about: 'for all look-ups of dnsbllist together'
  },
  pop3capa: {
    type: 'list',
    readers: ['qmail-popup', 'qmail-pop3d'],
    reread: 'invocation',
    about: 'the answer to POP3 CAPA; without it there is none, as in qmail'
  }
})
