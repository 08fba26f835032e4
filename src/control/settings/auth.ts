import { table } from './setting.ts'

/** Settings of authentication (spec modern.md 2). */
export const auth = table({
  checkpassword: {
    type: 'line',
    default: 'checkpassword true',
    readers: ['qmail-authd'],
    reread: 'invocation',
    about: 'the password checker and its arguments; with this file qmail-start keeps qmail-authd running'
  }
})
