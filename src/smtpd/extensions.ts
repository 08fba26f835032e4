import type { Bytes } from '../core/bytes.ts'
import { parametersOf } from './address.ts'
import { authParameter } from './auth/parameter.ts'
import type { Dialogue } from './dialogue.ts'
import { envid, notify, orcpt, ret, type Values } from './dsn/parameters.ts'
import { body, type Parameter, size } from './esmtp/parameters.ts'
import { mayRequireTls, requireTls } from './esmtp/require-tls.ts'
import { smtputf8 } from './esmtp/utf8.ts'
import { XCLIENT, XFORWARD } from './front/attributes.ts'

/** One extension of SMTP: a new one is a row here, its parameters and verbs stand in files of their own. */
interface Extension {
  /** Its line in the answer to EHLO; undefined: not offered in this session. */
  line: (dialogue: Dialogue) => Bytes | undefined
  /** The parameters of MAIL and RCPT it brings. */
  mail?: Readonly<Record<string, Parameter>>
  rcpt?: Readonly<Record<string, Parameter>>
}

/** So often a session may say MAIL, whatever comes of it, where it was told of that (RFC 9422). */
const MAIL_MAX = 1000

/** Has a session that was told of the limit said MAIL too often? */
export const isOverMailMax = ({ state, options: { settings } }: Dialogue): boolean =>
  state.mails > MAIL_MAX && state.isExtended && settings.esmtp?.includes('LIMITS') === true

const limits = ({ options: { settings } }: Dialogue): Bytes =>
  `LIMITS${Number.isFinite(settings.maxRecipients) ? ` RCPTMAX=${settings.maxRecipients}` : ''} MAILMAX=${MAIL_MAX}`

const extensions = new Map<Bytes, Extension>(
  Object.entries({
    PIPELINING: { line: () => 'PIPELINING' },
    SIZE: { line: ({ options }) => (Number.isFinite(options.maxBytes) ? `SIZE ${options.maxBytes}` : 'SIZE'), mail: { SIZE: size } },
    '8BITMIME': { line: () => '8BITMIME', mail: { BODY: body } },
    ENHANCEDSTATUSCODES: { line: () => 'ENHANCEDSTATUSCODES' },
    CHUNKING: { line: (dialogue) => (hasChunking(dialogue) ? 'CHUNKING' : undefined) },
    SMTPUTF8: { line: () => 'SMTPUTF8', mail: { SMTPUTF8: smtputf8 } },
    DSN: { line: () => 'DSN', mail: { RET: ret, ENVID: envid }, rcpt: { NOTIFY: notify, ORCPT: orcpt } },
    LIMITS: { line: limits },
    REQUIRETLS: { line: (dialogue) => (mayRequireTls(dialogue) ? 'REQUIRETLS' : undefined), mail: { REQUIRETLS: requireTls } },
    HELP: { line: () => 'HELP' }
  } satisfies Record<string, Extension>)
)

/** Plug-ins are asked about DATA, so with them there is no other way for a message to come. */
export const hasChunking = ({ options: { settings, spp } }: Dialogue): boolean => spp === undefined && settings.esmtp?.includes('CHUNKING') === true

/** What is offered without control/esmtp. */
const CLASSIC = ['PIPELINING', '8BITMIME']

/** Those words of control/esmtp that name nothing we have. */
export const unknownKeywords = (keywords: readonly Bytes[]): Bytes[] => keywords.filter((keyword) => !extensions.has(keyword))

const offered = (dialogue: Dialogue): Extension[] =>
  (dialogue.options.settings.esmtp ?? CLASSIC).map((keyword) => extensions.get(keyword)).filter((extension) => extension !== undefined)

const hasAuth = ({ options: { auth } }: Dialogue): boolean => auth !== undefined && auth.mechanisms.length > 0

/** AUTH stands in no list: a checker and variables turn it on (spec modern.md 2.1). */
const authLines = ({ options: { auth, isEncrypted } }: Dialogue): Bytes[] => {
  if (!auth?.mechanisms.length || !(auth.isClearAllowed || isEncrypted())) return []
  const names = auth.mechanisms.join(' ')
  return auth.isOldOffered ? [`AUTH ${names}`, `AUTH=${names}`] : [`AUTH ${names}`]
}

/** Nor does STARTTLS: a certificate turns it on. */
const tlsLines = ({ options: { tls } }: Dialogue): Bytes[] => (tls?.isAble() ? ['STARTTLS'] : [])

/** And those for front ends, by who they are: last of all. */
const frontLines = ({ options: { front } }: Dialogue): Bytes[] => [
  ...(front.mayBeOther ? [`XCLIENT ${XCLIENT.join(' ')}`] : []),
  ...(front.mayForward ? [`XFORWARD ${XFORWARD.join(' ')}`] : [])
]

/** The lines of the answer to EHLO after the first (spec network.md 4.2, modern.md 5.1): what other files turn on stands behind PIPELINING. */
export const extensionLines = (dialogue: Dialogue): Bytes[] => {
  const lines = offered(dialogue)
    .map(({ line }) => line(dialogue))
    .filter((line) => line !== undefined)
  lines.splice(lines.indexOf('PIPELINING') + 1, 0, ...tlsLines(dialogue), ...authLines(dialogue))
  return [...lines, ...frontLines(dialogue)]
}

const NONE: Values = new Map()

/**
 * The parameters of MAIL or RCPT, or what is wrong with them, as a reply. Without control/esmtp, or when the client said HELO, they do not count, as ever (spec modern.md 5.1).
 */
export const parametersIn = (dialogue: Dialogue, verb: 'mail' | 'rcpt', argument: Bytes): Values | Bytes => {
  if (!dialogue.state.isExtended || dialogue.options.settings.esmtp === undefined) return NONE
  const text = parametersOf(argument)
  if (text === '') return NONE
  const values = new Map<Bytes, Bytes | undefined>()
  for (const word of text.split(' ').filter((w) => w !== '')) {
    const equals = word.indexOf('=')
    const [name, value] = equals < 0 ? [word.toUpperCase(), undefined] : [word.slice(0, equals).toUpperCase(), word.slice(equals + 1)]
    const parameter =
      name === 'AUTH' && verb === 'mail' && hasAuth(dialogue)
        ? authParameter
        : offered(dialogue).find((extension) => Object.hasOwn(extension[verb] ?? {}, name))?.[verb]?.[name]
    if (parameter === undefined) return '555 parameter not supported (#5.5.4)'
    if (values.has(name)) return '501 parameter given twice (#5.5.4)'
    const trouble = parameter(value, dialogue)
    if (trouble !== undefined) return trouble
    values.set(name, value)
  }
  return values
}
