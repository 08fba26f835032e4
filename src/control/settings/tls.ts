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
  }
})
