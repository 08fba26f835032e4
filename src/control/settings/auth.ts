import { table } from './setting.ts'

/** Settings of authentication (spec modern.md 2). */
export const auth = table({
  checkpassword: {
    type: 'line',
    default: 'checkpassword true',
    readers: ['qmail-authd'],
    reread: 'invocation',
    about: 'the password checker and its arguments; with this file qmail-start keeps qmail-authd running'
  },
  authsenders: {
    type: 'map',
    readers: ['qmail-remote'],
    reread: 'invocation',
    about: 'sender:relay[:port], user and password (bars between), by address, @domain, .domain or nothing (everybody); it comes before smtproutes'
  },
  authclear: {
    type: 'number',
    default: 0,
    unit: 'yes or no',
    readers: ['qmail-remote'],
    reread: 'invocation',
    about: '1: passwords may be sent to a relay without TLS'
  }
})
