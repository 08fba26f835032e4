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
    readers: ['qmail-remote', 'qmail-tlspolicy'],
    reread: 'invocation',
    about:
      'TLS by destination, flag and host or .domain, then a colon and the anchors (a bar and ciphers may follow): !x never, -x must be encrypted, x verified, ~x and =x also by name, %x by fingerprint; *: if it can be; missing: if it can be, where control/esmtp is there'
  },
  tlsclientciphers: {
    type: 'list',
    readers: ['qmail-remote', 'qmail-tlspolicy'],
    reread: 'invocation',
    about: 'ciphers offered to servers, as OpenSSL words them; missing: those of Node'
  },
  tlsclientmethod: {
    type: 'line',
    default: 'TLSv1_2',
    readers: ['qmail-remote', 'qmail-tlspolicy'],
    reread: 'invocation',
    about: 'lowest version of TLS towards servers: TLSv1, TLSv1_1, TLSv1_2 or TLSv1_3'
  },
  domaincerts: {
    type: 'map',
    readers: ['qmail-tlsd'],
    reread: 'invocation',
    about:
      "certificates shown to servers by the sender's domain, domain:certfile|keyfile|password (files below the home; without a keyfile the key stands in the first; * for all others); without one of its own a domain shows control/clientcert.pem, where that is there"
  },
  cafile: {
    type: 'line',
    default: '/etc/ssl/certs/ca-certificates.crt',
    readers: ['qmail-remote', 'qmail-tlspolicy'],
    reread: 'invocation',
    about:
      'certificates of the authorities that are trusted where nothing else is named; like all anchors below control/ or /etc/ssl/certs, where qmail-remote may read'
  },
  dane: {
    type: 'number',
    default: 1,
    unit: 'level',
    readers: ['qmail-remote', 'qmail-tlspolicy'],
    reread: 'invocation',
    about:
      'DANE where TLS is spoken to other hosts: 0 off; 1 by the TLSA records of hosts that DNSSEC vouches for, if the name servers of this machine are to be trusted (dnssectrust); 2 also nothing but DANE to tlsadomains'
  },
  daneinsecuremx: {
    type: 'number',
    default: 0,
    unit: '(0 or 1)',
    readers: ['qmail-remote', 'qmail-tlspolicy'],
    reread: 'invocation',
    about: '1: TLSA records also count for hosts of domains whose MX records DNSSEC does not vouch for'
  },
  dnssectrust: {
    type: 'list',
    readers: ['qmail-remote', 'qmail-tlspolicy'],
    reread: 'invocation',
    about:
      'addresses of name servers that are believed when they say that DNSSEC vouches for an answer, besides those on this host (127.0.0.1, ::1) and those of a resolv.conf with options trust-ad; all of the name servers must be such'
  },
  tlsadomains: {
    type: 'list',
    readers: ['qmail-remote', 'qmail-tlspolicy'],
    reread: 'invocation',
    about: 'domains, and all below them, that get mail by DANE or not at all, where dane is 2; missing: all'
  },
  requiretls: {
    type: 'number',
    default: 1,
    unit: '(0 or 1)',
    readers: ['qmail-remote'],
    reread: 'invocation',
    about:
      'messages whose senders said REQUIRETLS: 1 they go to hosts that are verified (DANE, tlsdestinations, tlshosts) and offer REQUIRETLS, or bounce; 0 they are encrypted at least, and hosts that know REQUIRETLS are told'
  }
})
