import type { Bytes } from '../core/bytes.ts'

/** Files and folders of control/ that are read whole, as they are, and so are no settings (spec modern.md 1.1, 3.1). */
const READ_WHOLE: Readonly<Record<string, string>> = {
  'servercert.pem': 'certificates shown to clients, and their key; with it qmail-smtpd offers STARTTLS',
  'servercert-ecdsa.pem': 'a second certificate and key for clients, of another kind of key',
  'serverkey.pem': 'the key to servercert.pem',
  servercerts: 'a folder for each name that clients ask for, with a servercert.pem of its own',
  'clientca.pem': 'authorities of client certificates, for tlsclients',
  'clientcrl.pem': 'client certificates that are called back',
  'clientcert.pem': 'certificate and key shown to servers',
  tlshosts: 'hosts that get mail by TLS and with the right certificate only: NAME.pem, its authorities; exhaustivelist: no other host gets TLS',
  notlshosts: 'hosts that TLS is never spoken to',
  'mailfromrules.cdb': 'mailfromrules as qmail-smtpd reads it'
}

/** What such a file is for; undefined for others. */
export const readWhole = (name: Bytes): string | undefined => (Object.hasOwn(READ_WHOLE, name) ? READ_WHOLE[name] : undefined)

const GROUPS = 'obsolete: TLS agrees upon keys by the groups built in'
const UNSIGNED = 'mail is not signed (DKIM) by this version'
const UNVERIFIED = 'mail is not checked for DKIM, ARC or DMARC by this version'
const NO_SPF = 'SPF is not asked for by this version'
const NO_SRS = 'senders are not rewritten (SRS) by this version'
const NO_MILTERS = 'milters are not asked by this version'
const NO_GATE = 'there is no greylisting, no limit by sender and no call-out in this version; badmailfrom, dnsbllist and tcprules are there'
const NO_REPORTS = 'reports of TLS are not sent by this version'
const NO_CONTENT = 'what is in a message is looked at by programs only: a QMAILQUEUE of its own'
const BY_PATTERNS = 'control/patterns says how badmailfrom, badrcptto and badhelo are written: regular expressions belong there'
const BY_RCPTD = 'qmail-rcptd knows who is there, without a list: control/recipientcheck'

/** Files of other qmails (Vermeulen's TLS, notqmail and its patches, sagredo's, s/qmail, IndiMail) and of what is still to come, that no program reads; and why, or what is in their place. */
const UNHONOURED: readonly (readonly [RegExp, string])[] = [
  [/^(rsa(512|2048|4096)|dh(512|1024|2048|4096|param))\.pem$/, GROUPS],
  [/^(domainkeys|dkimdomains|dkimkeys|signatures)$/, UNSIGNED],
  [/^(verify|dmarc|dmarcreport|dmarcexempt|dmarcoff|arctrust|forwarders|authservid|authservtrust|dkimstatus)$/, UNVERIFIED],
  [/^(spfbehavior|spfrules|spflocalrules|spfguess|spfexp|spfexplain)$/, NO_SPF],
  [/^(srs_\w+|srsdomains)$/, NO_SRS],
  [/^(milters|milterlocal|milterrcpt)$/, NO_MILTERS],
  [/^(access(\.cdb)?|greylist|limits|callout|rcptcallout|gatefail|rejectnullsenders|nodnscheck)$/, NO_GATE],
  [/^mtasts$/, 'policies of MTA-STS are not asked for by this version; DANE is: control/dane'],
  [/^(tlsrpt|tlsrptorg)$/, NO_REPORTS],
  [/^bad(mime|loader)types(\.cdb)?$/, NO_CONTENT],
  [/^qfilters$/, NO_CONTENT],
  [/^(qregex|bad(mail|rcpt)patterns)$/, BY_PATTERNS],
  [/^(goodrcptto|badmailfromto)$/, 'it has nothing like it here; who is refused stands in badmailfrom and badrcptto'],
  [/^(validrcptto|recipients)(\.cdb)?$/, BY_RCPTD],
  [/^maxrecipients$/, 'control/maxrcpt is in its place'],
  [/^notlshosts_auto$/, 'a host whose TLS fails is not remembered by this version: control/notlshosts'],
  [/^domainips$/, 'there is one address to connect from: control/outgoingip'],
  [/^qmtproutes$/, 'qmail-remote speaks SMTP only: control/smtproutes'],
  [/^remote_auth(\.cdb)?$/, 'control/authsenders is in its place'],
  [/\.sql$/, 'no data base is asked by this version']
]

/** Why a file of another qmail's has no effect here; undefined for others. */
export const unhonoured = (name: Bytes): string | undefined => UNHONOURED.find(([pattern]) => pattern.test(name))?.[1]
