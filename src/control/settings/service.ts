import { table } from './setting.ts'

/** Settings that the service scripts (service/README.md) hand on. */
export const service = table({
  concurrencyincoming: {
    type: 'number',
    default: 40,
    unit: 'connections',
    readers: ['tcpserver'],
    reread: 'invocation',
    about: 'connections at a time of each server; the service scripts give it to tcpserver as -c'
  },
  defaultdelivery: {
    type: 'list',
    readers: ['qmail-start'],
    reread: 'start',
    about: 'what is done with the mail of a user without a .qmail file, written as one; the service scripts give it to qmail-start (./Maildir/)'
  }
})
