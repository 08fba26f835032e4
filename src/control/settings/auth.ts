import { table } from './setting.ts'

/** Settings of authentication (spec modern.md 2). */
export const auth = table({
  checkpassword: {
    type: 'line',
    default: 'checkpassword true',
    readers: ['qmail-authd', 'qmail-smtpd', 'tcpserver'],
    reread: 'invocation',
    about: 'the password checker and its arguments; with this file qmail-start keeps qmail-authd running, and qmail-smtpd asks it where SMTPAUTH is set'
  },
  authtries: {
    type: 'number',
    default: 3,
    unit: 'wrong passwords',
    readers: ['qmail-smtpd'],
    reread: 'invocation',
    about: 'wrong passwords in one session before it is ended; 0: no limit'
  },
  hideauthuser: {
    type: 'number',
    default: 0,
    unit: 'yes or no',
    readers: ['qmail-smtpd'],
    reread: 'invocation',
    about: '1: the name of a user who has logged in is left out of Received'
  },
  mailfromrules: {
    type: 'list',
    readers: ['qmail-mfrules'],
    reread: 'invocation',
    about: 'which senders those who have logged in may use: key and values with & between; qmail-mfrules makes mailfromrules.cdb of it, which qmail-smtpd reads'
  },
  submitfrom: {
    type: 'number',
    default: 0,
    unit: 'yes or no',
    readers: ['qmail-smtpd'],
    reread: 'invocation',
    about: '1: in submission every address of the From field has to be one of the user, too'
  },
  authsenders: {
    type: 'map',
    readers: ['qmail-remote', 'qmail-send'],
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
