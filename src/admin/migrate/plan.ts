import type { Bytes } from '../../core/bytes.ts'
import { safeExt } from '../../format/dotqmail-names.ts'
import { domainOf, type PlannedFile } from '../config/plan.ts'
import type { Delivery, Found } from './found.ts'

const unique = (entries: readonly Bytes[]): Bytes[] => [...new Set(entries)]
const control = (name: Bytes, lines: readonly Bytes[]): PlannedFile => ({ folder: 'control', name, lines: unique(lines) })
const alias = (ext: Bytes, lines: Delivery): PlannedFile => ({ folder: 'alias', name: `.qmail-${safeExt(ext)}`, lines })

/** Names that RFC 2142 and RFC 5321 4.5.1 ask for, root, and where bounces say they come from: whoever has no alias for them gets one. */
const NEEDED = ['postmaster', 'mailer-daemon', 'root', 'abuse'] as const

/** How addresses of a virtual domain begin, so that the user alias has them. */
const prefixOf = (domain: Bytes): Bytes => `alias-${domain}`

/** The files of control/ and alias/ it comes to. `admin`: who gets the mail of names that have to be there and have no alias. */
export const planOf = (found: Found, admin: Bytes | undefined): PlannedFile[] => {
  const { me, locals, virtual } = found
  const domains = [...virtual.keys()]
  const files = [
    control('me', [me]),
    control('defaultdomain', [domainOf(me)]),
    control('plusdomain', [me.split('.').slice(-2).join('.')]),
    control('locals', locals),
    control('rcpthosts', [...locals, ...domains, ...found.relayed])
  ]
  const lists: [Bytes, readonly Bytes[]][] = [
    ['virtualdomains', domains.map((domain) => `${domain}:${prefixOf(domain)}`)],
    ['defaulthost', found.origin === undefined ? [] : [found.origin]],
    ['smtproutes', found.routes],
    ['badmailfrom', found.badmailfrom],
    ['dnsbllist', found.dnsbl],
    ['databytes', found.databytes === 0 ? [] : [String(found.databytes)]],
    ['defaultdelivery', found.defaultdelivery ?? []]
  ]
  for (const [name, lines] of lists) if (lines.length > 0) files.push(control(name, lines))
  for (const [name, delivery] of found.aliases) files.push(alias(name, delivery))
  if (locals.length > 0 && admin !== undefined) for (const name of NEEDED) if (!found.aliases.has(name)) files.push(alias(name, [`&${admin}`]))
  if (found.catchAll !== undefined) files.push(alias('default', found.catchAll))
  for (const [domain, boxes] of virtual) for (const [box, delivery] of boxes) files.push(alias(`${domain}-${box}`, delivery))
  return files
}

/** The rules for tcpserver, the last of which lets in everybody else. */
export const rulesOf = (found: Found): Bytes[] => [...unique(found.rules), ':allow']
