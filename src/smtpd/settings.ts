import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { readSetting } from '../control/read.ts'
import { settingsOf } from '../control/table.ts'
import { type Bytes, leadingNumber } from '../core/bytes.ts'
import { errorCode, reason, Temporary } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import { type Network, parseNetwork } from '../net/ip.ts'
import { folded } from '../serve/recipients.ts'
import type { SenderTables } from './auth/senders.ts'
import { type Lists, readLists } from './lists.ts'

/** What control/ says to qmail-smtpd (spec network.md 4.1). */
export interface SmtpdSettings {
  greeting: Bytes
  /** Replaces our own addresses in literals; undefined: nothing does. */
  localiphost: Bytes | undefined
  timeoutSeconds: number
  /** In lower case; undefined: every recipient is taken. */
  rcpthosts: ReadonlySet<Bytes> | undefined
  /** The compiled file, where there is one. */
  morercpthosts: string | undefined
  lists: Lists
  databytes: number
  /** What EHLO offers, in upper case; undefined: the classic two. */
  esmtp: readonly Bytes[] | undefined
  /** Recipients a message may have; Infinity for no limit. So the next ones. */
  maxRecipients: number
  /** Commands that make no sense a session may have. */
  maxErrors: number
  /** How long a session may last without a message coming forward. */
  sessionSeconds: number
  /** Recipients that may be refused in a session. */
  maxRefused: number
  /** Before the greeting. */
  greetSeconds: number
  /** Who speaks before the greeting is turned away. */
  isGreetStrict: boolean
  /** After so many recipients, each further one waits so many seconds. */
  tarpitCount: number
  tarpitSeconds: number
  /** Recipients of domains that are ours have to exist. */
  isRecipientChecked: boolean
  log: LogKind
  /** control/checkpassword is there, so qmail-authd runs. */
  hasChecker: boolean
  /** Whose certificates let them relay: mail addresses, `sha256:` and a fingerprint. */
  tlsclients: readonly Bytes[] | undefined
  /** Front ends, which may speak for other clients. */
  xclient: readonly Network[]
  /** Wrong passwords a session may have; Infinity for no limit. */
  maxAuthFailures: number
  /** The compiled file, where there is one. */
  mailfromrules: string | undefined
  /** Whose addresses are whose, read when somebody logs in. Throws Temporary. */
  senderTables: () => SenderTables
  /** The host of Message-IDs made here. */
  idHost: Bytes
  /** Every address of From has to be the user's. */
  isFromChecked: boolean
  /** Who has logged in does not show in Received. */
  isUserHidden: boolean
  /** What is wrong in the files, though not so wrong that nothing can go on. */
  warnings: readonly Bytes[]
}

/** What is logged of sessions (control/smtpdlog). */
export type LogKind = 'none' | 'session' | 's' | 'json'

/** The files of control/ that are read here. */
export const FILES = [...settingsOf('qmail-smtpd'), 'morercpthosts.cdb', 'mailfromrules.cdb']

const openable = (path: string): string | undefined => {
  try {
    closeSync(openSync(path, 'r'))
    return path
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw new Temporary(`unable to read ${path}: ${reason(error)}`, { cause: error })
  }
}

/** The networks of control/xclient; what is none is passed over, with a warning. */
const networks = (lines: readonly Bytes[], warnings: Bytes[]): Network[] =>
  lines.flatMap((line) => {
    const network = parseNetwork(line)
    if (network === undefined) warnings.push(`control/xclient: passed over, as it is no address or address/bits: ${line}`)
    return network === undefined ? [] : [network]
  })

/** A limit as control/ has it: 0 means that there is none. */
const limit = (number: number): number => (number === 0 ? Number.POSITIVE_INFINITY : number)

/** `5`: so many seconds; `-5`: and who speaks before is turned away. */
const greetDelay = (text: Bytes | undefined): Pick<SmtpdSettings, 'greetSeconds' | 'isGreetStrict'> => {
  const isGreetStrict = text?.startsWith('-') === true
  return { greetSeconds: leadingNumber((isGreetStrict ? text?.slice(1) : text) ?? '') ?? 0, isGreetStrict }
}

/** The lines of control/esmtp that are about what we offer. */
const offeredIn = (lines: readonly Bytes[] | undefined): readonly Bytes[] | undefined =>
  lines?.filter((line) => !line.startsWith('-')).map((line) => line.toUpperCase())

const logKind = (word: Bytes | undefined, isModern: boolean): LogKind =>
  word === 'session' || word === 's' || word === 'json' || word === 'none' ? word : isModern ? 's' : 'none'

const readSenderTables = (home: string): SenderTables => ({
  locals: folded(readSetting(home, 'locals') ?? [readSetting(home, 'me') ?? '']),
  virtualdomains: readSetting(home, 'virtualdomains') ?? new Map()
})

const once = <T extends object>(read: () => T): (() => T) => {
  let value: T | undefined
  return () => {
    value ??= read()
    return value
  }
}

/** Reads them all. Throws Temporary when one cannot be read, or when there is no name to greet with. */
export const readSettings = (home: string): SmtpdSettings => {
  const greeting = readSetting(home, 'smtpgreeting')
  if (greeting === undefined) throw new Temporary('unable to read control/me: file does not exist')
  const localiphost = readSetting(home, 'localiphost')
  const esmtp = offeredIn(readSetting(home, 'esmtp'))
  const warnings: Bytes[] = []
  const seconds = readSetting(home, 'timeoutsmtpd') | 0
  const rcpthosts = readSetting(home, 'rcpthosts')
  return {
    greeting,
    localiphost,
    timeoutSeconds: seconds <= 0 ? 1 : seconds,
    rcpthosts: rcpthosts && folded(rcpthosts),
    morercpthosts: rcpthosts && openable(join(home, 'control', 'morercpthosts.cdb')),
    lists: readLists(home, warnings),
    databytes: readSetting(home, 'databytes'),
    esmtp,
    maxRecipients: limit(readSetting(home, 'maxrcpt')),
    maxErrors: limit(readSetting(home, 'maxerrors')),
    sessionSeconds: limit(readSetting(home, 'maxsession')),
    maxRefused: limit(readSetting(home, 'brtlimit')),
    ...greetDelay(readSetting(home, 'greetdelay')),
    tarpitCount: limit(readSetting(home, 'tarpitcount')),
    tarpitSeconds: readSetting(home, 'tarpitdelay'),
    isRecipientChecked: readSetting(home, 'recipientcheck') !== 0,
    tlsclients: readSetting(home, 'tlsclients'),
    xclient: networks(readSetting(home, 'xclient') ?? [], warnings),
    hasChecker: openable(join(home, 'control', 'checkpassword')) !== undefined,
    maxAuthFailures: limit(readSetting(home, 'authtries')),
    mailfromrules: openable(join(home, 'control', 'mailfromrules.cdb')),
    senderTables: once(() => readSenderTables(home)),
    idHost: readSetting(home, 'idhost') ?? greeting,
    isFromChecked: readSetting(home, 'submitfrom') !== 0,
    isUserHidden: readSetting(home, 'hideauthuser') !== 0,
    log: logKind(readSetting(home, 'smtpdlog'), esmtp !== undefined),
    warnings
  }
}

/** The settings as the variables of a connection change them (spec network.md 10.4). */
export const settingsFor = (control: SmtpdSettings, env: Readonly<Env>): SmtpdSettings => {
  const number = (name: string): number | undefined => (env[name] === undefined ? undefined : (leadingNumber(env[name]) ?? 0))
  const [most, refused, count, delay] = [number('MAXRECIPIENTS'), number('BRTLIMIT'), number('TARPITCOUNT'), number('TARPITDELAY')]
  const greet = env.SMTPD_GREETDELAY ?? env.GREETDELAY
  const isSame = [most, refused, count, delay, greet, env.DISABLE_MAXRCPT, env.DROP_PRE_GREET, env.DISABLE_BADMAILFROM, env.NOBADHELO].every(
    (v) => v === undefined
  )
  if (isSame) return control
  return {
    ...control,
    maxRecipients: env.DISABLE_MAXRCPT !== undefined ? Number.POSITIVE_INFINITY : most === undefined ? control.maxRecipients : limit(most),
    maxRefused: refused === undefined ? control.maxRefused : limit(refused),
    tarpitCount: count === undefined ? control.tarpitCount : limit(count),
    tarpitSeconds: delay ?? control.tarpitSeconds,
    ...(greet === undefined ? {} : greetDelay(greet)),
    ...(env.DROP_PRE_GREET === undefined ? {} : { isGreetStrict: true }),
    lists: {
      ...control.lists,
      ...(env.DISABLE_BADMAILFROM === undefined ? {} : { sender: undefined }),
      ...(env.NOBADHELO === undefined ? {} : { helo: undefined })
    }
  }
}
