import { table } from './setting.ts'

/** The files of control/ that qmail knows too (spec injection-admin.md 11), in the order qmail-showctl prints them. */
export const qmail = table({
  badmailfrom: {
    type: 'list',
    readers: ['qmail-smtpd'],
    reread: 'invocation',
    about: 'senders refused: user@host or @host',
    show: { prefix: '', suffix: ' not accepted in MAIL FROM.', missing: 'Any MAIL FROM is allowed.' }
  },
  bouncefrom: {
    type: 'line',
    default: 'MAILER-DAEMON',
    readers: ['qmail-send'],
    reread: 'start',
    about: 'local part of the From of bounces',
    show: { prefix: 'Bounce user name is ', suffix: '' }
  },
  bouncehost: {
    type: 'line',
    orMe: true,
    default: 'bouncehost',
    readers: ['qmail-send'],
    reread: 'start',
    about: 'host of the From of bounces',
    show: { prefix: 'Bounce host name is ', suffix: '' }
  },
  concurrencylocal: {
    type: 'number',
    default: 10,
    unit: 'deliveries',
    max: 1000,
    readers: ['qmail-send'],
    reread: 'hup',
    about: 'local deliveries at a time, at most 1000 (120 with a qmail-send or qmail-lspawn that is not ours); 0 holds them',
    show: { prefix: 'Local concurrency is ', suffix: '' }
  },
  concurrencyremote: {
    type: 'number',
    default: 20,
    unit: 'deliveries',
    max: 1000,
    readers: ['qmail-send'],
    reread: 'hup',
    about: 'remote deliveries at a time, at most 1000 (120 with a qmail-send or qmail-rspawn that is not ours); 0 holds them',
    show: { prefix: 'Remote concurrency is ', suffix: '' }
  },
  databytes: {
    type: 'number',
    default: 0,
    unit: 'bytes',
    readers: ['qmail-smtpd', 'qmail-qmtpd'],
    reread: 'invocation',
    about: 'largest message taken from the network; 0: no limit',
    show: { prefix: 'SMTP DATA limit is ', suffix: ' bytes' }
  },
  defaultdomain: {
    type: 'line',
    orMe: true,
    default: 'defaultdomain',
    readers: ['qmail-inject', 'dot-forward', 'newaliases', 'newinclude'],
    reread: 'invocation',
    about: 'added to host names without a dot',
    show: { prefix: 'Default domain name is ', suffix: '' }
  },
  defaulthost: {
    type: 'line',
    orMe: true,
    default: 'defaulthost',
    readers: ['qmail-inject', 'dot-forward', 'newaliases', 'newinclude'],
    reread: 'invocation',
    about: 'added to addresses without a host',
    show: { prefix: 'Default host name is ', suffix: '' }
  },
  doublebouncehost: {
    type: 'line',
    orMe: true,
    default: 'doublebouncehost',
    readers: ['qmail-send'],
    reread: 'start',
    about: 'host double bounces go to',
    show: { prefix: '2B recipient host: ', suffix: '' }
  },
  doublebounceto: {
    type: 'line',
    default: 'postmaster',
    readers: ['qmail-send'],
    reread: 'start',
    about: 'user double bounces go to',
    show: { prefix: '2B recipient user: ', suffix: '' }
  },
  envnoathost: {
    type: 'line',
    orMe: true,
    default: 'envnoathost',
    readers: ['qmail-send'],
    reread: 'start',
    about: 'host of envelope recipients without @',
    show: { prefix: 'Presumed domain name is ', suffix: '' }
  },
  helohost: {
    type: 'line',
    orMe: true,
    readers: ['qmail-remote'],
    reread: 'invocation',
    about: 'the name we say in HELO',
    show: { prefix: 'SMTP client HELO host name is ', suffix: '' }
  },
  idhost: {
    type: 'line',
    orMe: true,
    default: 'idhost',
    readers: ['qmail-inject', 'qmail-smtpd'],
    reread: 'invocation',
    about: 'host of generated Message-IDs',
    show: { prefix: 'Message-ID host name is ', suffix: '' }
  },
  localiphost: {
    type: 'line',
    orMe: true,
    readers: ['qmail-smtpd'],
    reread: 'invocation',
    about: 'name that replaces our own address in brackets',
    show: { prefix: 'Local IP address becomes ', suffix: '' }
  },
  locals: {
    type: 'list',
    readers: ['qmail-send', 'qmail-smtpd'],
    reread: 'hup',
    about: 'domains delivered here; missing: me',
    show: { prefix: 'Messages for ', suffix: ' are delivered locally.', missing: 'Messages for me are delivered locally.' }
  },
  me: {
    type: 'line',
    readers: ['all'],
    reread: 'invocation',
    about: 'our name, the default of many others',
    show: { prefix: 'My name is ', suffix: '', missing: 'undefined! Uh-oh' }
  },
  percenthack: {
    type: 'list',
    readers: ['qmail-send'],
    reread: 'start',
    about: 'domains for which user%host@domain is rewritten',
    show: { prefix: 'The percent hack is allowed for user%host@', suffix: '.', missing: 'The percent hack is not allowed.' }
  },
  plusdomain: {
    type: 'line',
    orMe: true,
    default: 'plusdomain',
    readers: ['qmail-inject', 'dot-forward', 'newaliases', 'newinclude'],
    reread: 'invocation',
    about: 'added to host names that end in +',
    show: { prefix: 'Plus domain name is ', suffix: '' }
  },
  qmqpservers: {
    type: 'list',
    readers: ['qmail-qmqpc'],
    reread: 'invocation',
    about: 'addresses of QMQP servers',
    show: { prefix: 'QMQP server: ', suffix: '.', missing: 'No QMQP servers.' }
  },
  queuelifetime: {
    type: 'number',
    default: 604800,
    unit: 'seconds',
    readers: ['qmail-send'],
    reread: 'start',
    about: 'how long delivery is tried',
    show: { prefix: 'Message lifetime in the queue is ', suffix: ' seconds' }
  },
  rcpthosts: {
    type: 'list',
    readers: ['qmail-smtpd', 'qmail-qmtpd'],
    reread: 'invocation',
    about: 'domains mail is taken for; missing: all',
    show: { prefix: 'SMTP clients may send messages to recipients at ', suffix: '.', missing: 'SMTP clients may send messages to any recipient.' }
  },
  morercpthosts: {
    type: 'list',
    readers: ['qmail-newmrh'],
    reread: 'invocation',
    about: 'more of rcpthosts, compiled to morercpthosts.cdb',
    show: { prefix: 'SMTP clients may send messages to recipients at ', suffix: '.', missing: 'No effect.' }
  },
  smtpgreeting: {
    type: 'line',
    orMe: true,
    readers: ['qmail-smtpd'],
    reread: 'invocation',
    about: 'our name in SMTP greetings',
    show: { prefix: 'SMTP greeting: 220 ', suffix: '' }
  },
  smtproutes: {
    type: 'map',
    readers: ['qmail-remote', 'qmail-send'],
    reread: 'invocation',
    about: 'domain:relay[:port], instead of MX',
    show: { prefix: 'SMTP route: ', suffix: '', missing: 'No artificial SMTP routes.' }
  },
  timeoutconnect: {
    type: 'number',
    default: 60,
    unit: 'seconds',
    readers: ['qmail-remote', 'lmtp'],
    reread: 'invocation',
    about: 'patience for a connection',
    show: { prefix: 'SMTP client connection timeout is ', suffix: ' seconds' }
  },
  timeoutremote: {
    type: 'number',
    default: 1200,
    unit: 'seconds',
    readers: ['qmail-remote', 'lmtp'],
    reread: 'invocation',
    about: 'patience for each answer of a server',
    show: { prefix: 'SMTP client data timeout is ', suffix: ' seconds' }
  },
  timeoutsmtpd: {
    type: 'number',
    default: 1200,
    unit: 'seconds',
    min: 1,
    readers: ['qmail-smtpd'],
    reread: 'invocation',
    about: 'patience for each read and write of a client',
    show: { prefix: 'SMTP server data timeout is ', suffix: ' seconds' }
  },
  virtualdomains: {
    type: 'map',
    readers: ['qmail-send', 'qmail-smtpd'],
    reread: 'hup',
    about: '[user@]domain:prepend',
    show: { prefix: 'Virtual domain: ', suffix: '', missing: 'No virtual domains.' }
  }
})
