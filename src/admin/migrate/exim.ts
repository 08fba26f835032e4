import { type Bytes, lower } from '../../core/bytes.ts'
import { readAliases } from './aliases.ts'
import { type Found, nothingFound } from './found.ts'
import type { Source } from './source.ts'

export const EXIM_FILE = '/etc/exim4/update-exim4.conf.conf'
/** Debian's MESSAGE_SIZE_LIMIT, where nobody changed it. */
const EXIM_DATABYTES = 52_428_800
const FOLDER = '/etc/exim4'
/** Files that change what the settings say. */
const OTHER_FILES: Record<string, string> = {
  [`${FOLDER}/exim4.conf`]: 'goes before all the rest in Exim, and is not read',
  [`${FOLDER}/exim4.conf.localmacros`]: 'its macros are not read',
  [`${FOLDER}/host_local_deny_exceptions`]: 'has nothing like it here',
  [`${FOLDER}/sender_local_deny_exceptions`]: 'has nothing like it here',
  [`${FOLDER}/local_sender_callout`]: 'nobody is called back here',
  [`${FOLDER}/local_rcpt_callout`]: 'nobody is called back here',
  [`${FOLDER}/passwd`]: 'passwords of clients: control/checkpassword, qmail-authd(8)'
}

/** A list as Debian writes it: semicolons, or colons as they once were. */
const listOf = (value: Bytes): Bytes[] => {
  const text = value.replace(/^<;/, '')
  return text
    .split(value.startsWith('<;') || text.includes(';') ? ';' : /(?<!:):(?!:)/)
    .map((item) => item.trim())
    .filter(Boolean)
}

/** host, host::port, [address]::port, with the colons of IPv6 doubled, as smtproutes has it. */
export const eximHost = (text: Bytes): Bytes => {
  const [, literal, port] = /^\[([^\]]+)\](?:::([0-9]+))?$/.exec(text) ?? []
  if (literal !== undefined) {
    const address = literal.replaceAll('::', ':')
    return `${address.includes(':') ? `[${address}]` : address}${port === undefined ? '' : `:${port}`}`
  }
  const pairs = text.split('::').length - 1
  if (pairs > 1) return `[${text.replaceAll('::', ':')}]`
  return text.replace('::', ':')
}

const domainEntry = (found: Found, where: string, item: Bytes): Bytes[] => {
  const name = lower(item.replace(/^\*(?=\.)/, ''))
  if (/^\.?[a-z0-9_.-]+$/.test(name)) return [name]
  found.remarks.push(`${where}: ${item}`)
  return []
}

const readBlacklists = (source: Source, found: Found): void => {
  for (const line of source.lines(`${FOLDER}/local_sender_blacklist`)) {
    const address = line.replace(/^\*@/, '@')
    const entry = address.includes('@') ? address : `@${address}`
    if (/^[^!*^\s/]*@[a-z0-9.-]+$/i.test(entry)) found.badmailfrom.push(entry)
    else found.remarks.push(`${FOLDER}/local_sender_blacklist: ${line}`)
  }
  for (const line of source.lines(`${FOLDER}/local_host_blacklist`)) {
    if (/^[0-9a-f.:]+(\/[0-9]+)?$/i.test(line)) found.rules.push(`${line}:deny`)
    else found.remarks.push(`${FOLDER}/local_host_blacklist: ${line}`)
  }
}

const readHubbedHosts = (source: Source, found: Found): void => {
  const file = `${FOLDER}/hubbed_hosts`
  for (const line of source.logicalLines(file)) {
    const [, domain = '', hosts = ''] = /^(\S+?):?\s+(.*)$/.exec(line) ?? []
    const key = lower(domain.replace(/^\*(?=\.)/, ''))
    const [first = '', ...others] = hosts.trim().split(/\s+/)
    if (!/^[a-z0-9_.-]+$/.test(key) || !/^[[\]0-9a-z._:-]+$/i.test(first)) found.remarks.push(`${file}: ${line}`)
    else {
      const hostPart = /^[^:]+(?=:[^:0-9])/.exec(first)?.[0]
      if (others.length > 0 || hostPart !== undefined) found.remarks.push(`${file}: of several hosts for ${domain} the first is taken`)
      found.routes.push(`${key}:${eximHost(hostPart ?? first)}`)
    }
  }
}

/** Debian's Exim: update-exim4.conf.conf, /etc/mailname, /etc/aliases and the files of exim4-config_files(5). */
export const readExim = (source: Source, host: Bytes): Found => {
  const found = nothingFound(host)
  const settings = new Map(
    source.lines(EXIM_FILE).map((line): [Bytes, Bytes] => {
      const [, name = '', value = ''] = /^(\w+)=['"]?(.*?)['"]?$/.exec(line) ?? []
      return [name, value]
    })
  )
  const setting = (name: string): Bytes => settings.get(name) ?? ''
  const remark = (name: string, why: string): void => void found.remarks.push(`${EXIM_FILE}: ${name}='${setting(name)}': ${why}`)
  const kind = setting('dc_eximconfig_configtype')
  const isSatellite = kind === 'satellite'
  const mailname = source.lines('/etc/mailname')[0]
  found.databytes = EXIM_DATABYTES
  if (mailname !== undefined && mailname !== host) found.origin = mailname
  if (setting('dc_hide_mailname') === 'true' && setting('dc_readhost') !== '' && (isSatellite || kind === 'smarthost')) found.origin = setting('dc_readhost')
  if (isSatellite) remark('dc_eximconfig_configtype', 'nothing is delivered here: mail to users of this host goes to the smarthost, as written')
  else found.locals.push('localhost', ...listOf(setting('dc_other_hostnames')).flatMap((item) => domainEntry(found, `${EXIM_FILE}: dc_other_hostnames`, item)))
  if (kind === 'local') remark('dc_eximconfig_configtype', 'Exim sends nothing to other hosts; here all other mail goes out')
  if (kind === 'none' || kind === '') remark('dc_eximconfig_configtype', 'Exim is not configured by this file')
  found.relayed.push(...listOf(setting('dc_relay_domains')).flatMap((item) => domainEntry(found, `${EXIM_FILE}: dc_relay_domains`, item)))
  found.rules.push('127.:allow,RELAYCLIENT=""', '::1:allow,RELAYCLIENT=""')
  for (const item of listOf(setting('dc_relay_nets'))) {
    if (/^[0-9a-f.:]+(\/[0-9]+)?$/i.test(item)) found.rules.push(`${item}:allow,RELAYCLIENT=""`)
    else found.remarks.push(`${EXIM_FILE}: dc_relay_nets: ${item}`)
  }
  if (isSatellite || kind === 'smarthost') {
    const [first, ...others] = listOf(setting('dc_smarthost'))
    if (first !== undefined) found.routes.push(`:${eximHost(first)}`)
    if (others.length > 0) remark('dc_smarthost', 'the first is taken')
  }
  const interfaces = listOf(setting('dc_local_interfaces'))
  if (interfaces.length > 0) remark('dc_local_interfaces', 'give tcpserver this address in place of 0')
  if (setting('dc_localdelivery') === 'maildir_home') found.defaultdelivery = ['./Maildir/']
  else remark('dc_localdelivery', 'mail in /var/mail stays there; new mail goes to ./Maildir/ (control/defaultdelivery)')
  if (setting('dc_use_split_config') === 'true') remark('dc_use_split_config', 'changes of your own in /etc/exim4/conf.d are not read')
  readHubbedHosts(source, found)
  readBlacklists(source, found)
  for (const [file, why] of Object.entries(OTHER_FILES)) if (source.lines(file).length > 0) found.remarks.push(`${file}: ${why}`)
  for (const line of source.lines(`${FOLDER}/passwd.client`))
    found.remarks.push(`${FOLDER}/passwd.client: ${line.split(':')[0]}: name and password go behind the host in control/smtproutes`)
  for (const line of source.lines('/etc/email-addresses'))
    found.remarks.push(`/etc/email-addresses: ${line}: QMAILUSER and QMAILHOST of that user, qmail-inject(8)`)
  if (!isSatellite) readAliases(source, found, '/etc/aliases')
  return found
}
