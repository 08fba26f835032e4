import { table } from './setting.ts'

/** Settings of TLS, in and out (spec modern.md 1.1, 3.1). Certificates and keys are files of control/ too, but no settings: qmail-tlsd reads them whole. */
export const tls = table({
  tlsserverciphers: {
    type: 'list',
    readers: ['qmail-tlsd'],
    reread: 'invocation',
    about: 'ciphers offered to clients, as OpenSSL words them; missing: those of Node'
  },
  tlsservermethod: {
    type: 'line',
    default: 'TLSv1_2',
    readers: ['qmail-tlsd'],
    reread: 'invocation',
    about: 'lowest version of TLS for clients: TLSv1, TLSv1_1, TLSv1_2 or TLSv1_3'
  },
  tlsclients: {
    type: 'list',
    readers: ['qmail-smtpd', 'qmail-tlsd'],
    reread: 'invocation',
    about: 'mail addresses, or sha256:fingerprint, of client certificates (by clientca.pem) whose owners may relay'
  },
  tlsdestinations: {
    type: 'list',
    readers: ['qmail-remote'],
    reread: 'invocation',
    about:
      'TLS by destination, flag and host or .domain, then a colon and the anchors (a bar and ciphers may follow): !x never, -x must be encrypted, x verified, ~x and =x also by name, %x by fingerprint; *: if it can be; missing: if it can be, where control/esmtp is there'
  },
  tlsclientciphers: {
    type: 'list',
    readers: ['qmail-remote'],
    reread: 'invocation',
    about: 'ciphers offered to servers, as OpenSSL words them; missing: those of Node'
  },
  tlsclientmethod: {
    type: 'line',
    default: 'TLSv1_2',
    readers: ['qmail-remote'],
    reread: 'invocation',
    about: 'lowest version of TLS towards servers: TLSv1, TLSv1_1, TLSv1_2 or TLSv1_3'
  },
  cafile: {
    type: 'line',
    default: '/etc/ssl/certs/ca-certificates.crt',
    readers: ['qmail-remote'],
    reread: 'invocation',
    about:
      'certificates of the authorities that are trusted where nothing else is named; like all anchors below control/ or /etc/ssl/certs, where qmail-remote may read'
  }
})
