import { table } from './setting.ts'

/** Our own settings: local delivery, users, aliases. */
export const local = table({
  virtualuser: {
    type: 'line',
    default: 'vmail',
    readers: ['qmail-newu', 'qmail-vuser'],
    reread: 'invocation',
    about:
      'the account all mailboxes of users/virtual belong to: its name, or name:uid:gid:home; that home must be passable for others (0711) if qmail-rcptd shall refuse addresses nobody has'
  },
  quotabounce: {
    type: 'number',
    default: 0,
    unit: '(0 or 1)',
    max: 1,
    readers: ['deliverquota'],
    reread: 'invocation',
    about: '1: mail over quota bounces; 0: it waits in the queue'
  },
  sendmailaliases: {
    type: 'number',
    default: 0,
    unit: '(0 or 1)',
    max: 1,
    readers: ['newaliases', 'fastforward', 'dot-forward'],
    reread: 'invocation',
    about: '1: aliases and .forward are read as sendmail reads them: files, :include: as text, \\user, user+detail, whole commands'
  }
})
