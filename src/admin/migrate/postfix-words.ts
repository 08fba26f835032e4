import { RESTRICTIONS } from './restrictions.ts'

/** Settings that are carried over, or say nothing that matters here. */
export const PLAIN_SETTINGS: ReadonlySet<string> = new Set([
  ...RESTRICTIONS,
  ...'myhostname mydomain mydestination myorigin relay_domains relayhost transport_maps mynetworks mynetworks_style home_mailbox mailbox_command luser_relay'.split(
    ' '
  ),
  ...'alias_maps alias_database virtual_alias_maps virtual_alias_domains virtual_maps message_size_limit local_recipient_maps'.split(' '),
  ...'biff append_dot_mydomain append_at_myorigin readme_directory html_directory manpage_directory sample_directory compatibility_level'.split(' '),
  ...'queue_directory command_directory daemon_directory data_directory mail_owner setgid_group sendmail_path newaliases_path mailq_path'.split(' '),
  ...'meta_directory shlib_directory inet_protocols debug_peer_level debugger_command unknown_local_recipient_reject_code mail_spool_directory'.split(' '),
  ...'smtp_tls_CApath smtp_tls_CAfile smtp_tls_session_cache_database smtpd_tls_session_cache_database smtpd_banner delay_warning_time'.split(' '),
  ...'bounce_queue_lifetime maximal_queue_lifetime default_process_limit parent_domain_matches_subdomains smtpd_helo_required disable_vrfy_command'.split(' ')
])

/** Values that are the default, or come to the same here. */
const SAME: Record<string, readonly string[]> = {
  mailbox_size_limit: ['0', ''],
  inet_interfaces: ['all', ''],
  recipient_delimiter: ['-', ''],
  smtp_tls_security_level: ['may', ''],
  smtpd_sasl_auth_enable: ['no', ''],
  smtp_sasl_auth_enable: ['no', '']
}

/** What to do about a setting that has no file of its own here. */
const ADVICE: Record<string, string> = {
  recipient_delimiter: 'here it is -, and user-anything goes by ~user/.qmail-anything or ~user/.qmail-default',
  inet_interfaces: 'give tcpserver this address in place of 0',
  mailbox_size_limit: 'deliverquota(1) in a .qmail file',
  smtp_tls_security_level: 'control/tlsdestinations, qmail-remote(8)',
  smtpd_tls_security_level: 'qmail-tlsd(8)',
  smtpd_tls_cert_file: 'control/servercert, qmail-tlsd(8)',
  smtpd_tls_key_file: 'control/servercert, qmail-tlsd(8)',
  smtpd_sasl_auth_enable: 'control/checkpassword, qmail-authd(8)',
  smtp_sasl_auth_enable: 'name and password go behind the host in control/smtproutes',
  smtp_sasl_password_maps: 'name and password go behind the host in control/smtproutes',
  virtual_mailbox_domains: 'mailboxes without accounts: qmail-vuser(8)',
  virtual_mailbox_maps: 'qmail-vuser add, for each of them',
  virtual_mailbox_base: '',
  masquerade_domains: 'control/rewriting, qmail-header(5)',
  canonical_maps: 'control/rewriting changes hosts only',
  sender_canonical_maps: 'control/rewriting changes hosts only',
  smtp_generic_maps: 'control/rewriting changes hosts only',
  header_checks: 'nothing looks at contents here, unless QMAILQUEUE names a program that does',
  body_checks: 'nothing looks at contents here, unless QMAILQUEUE names a program that does',
  content_filter: 'QMAILQUEUE names a program that messages go through',
  smtpd_milters: 'QMAILQUEUE names a program that messages go through'
}

/** Why a setting is not carried over; undefined where nothing is lost. */
export const remarkOn = (name: string, value: string): string | undefined =>
  SAME[name]?.includes(value) === true || value === '' ? undefined : (ADVICE[name] ?? '')
