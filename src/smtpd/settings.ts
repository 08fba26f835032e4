import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { readSetting } from '../control/read.ts'
import type { Bytes } from '../core/bytes.ts'
import { errorCode, reason, Temporary } from '../core/failure.ts'
import { folded } from '../serve/recipients.ts'

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
  /** In lower case. */
  badmailfrom: ReadonlySet<Bytes>
  databytes: number
  /** What EHLO offers, in upper case; undefined: the classic two. */
  esmtp: readonly Bytes[] | undefined
  /** Recipients a message may have; Infinity for no limit. So the next ones. */
  maxRecipients: number
  /** Commands that make no sense a session may have. */
  maxErrors: number
  /** How long a session may last without a message coming forward. */
  sessionSeconds: number
}

/** The files of control/ that are read here. */
export const FILES = [
  'me',
  'smtpgreeting',
  'localiphost',
  'timeoutsmtpd',
  'rcpthosts',
  'morercpthosts.cdb',
  'badmailfrom',
  'databytes',
  'maxrcpt',
  'maxerrors',
  'maxsession'
]

const openable = (path: string): string | undefined => {
  try {
    closeSync(openSync(path, 'r'))
    return path
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw new Temporary(`unable to read ${path}: ${reason(error)}`, { cause: error })
  }
}

/** A limit as control/ has it: 0 means that there is none. */
const limit = (number: number): number => (number === 0 ? Number.POSITIVE_INFINITY : number)

/** Reads them all. Throws Temporary when one cannot be read, or when there is no name to greet with. */
export const readSettings = (home: string): SmtpdSettings => {
  const greeting = readSetting(home, 'smtpgreeting')
  if (greeting === undefined) throw new Temporary('unable to read control/me: file does not exist')
  const localiphost = readSetting(home, 'localiphost')
  const seconds = readSetting(home, 'timeoutsmtpd') | 0
  const rcpthosts = readSetting(home, 'rcpthosts')
  return {
    greeting,
    localiphost,
    timeoutSeconds: seconds <= 0 ? 1 : seconds,
    rcpthosts: rcpthosts && folded(rcpthosts),
    morercpthosts: rcpthosts && openable(join(home, 'control', 'morercpthosts.cdb')),
    badmailfrom: folded(readSetting(home, 'badmailfrom') ?? []),
    databytes: readSetting(home, 'databytes'),
    esmtp: readSetting(home, 'esmtp')
      ?.filter((line) => !line.startsWith('-'))
      .map((line) => line.toUpperCase()),
    maxRecipients: limit(readSetting(home, 'maxrcpt')),
    maxErrors: limit(readSetting(home, 'maxerrors')),
    sessionSeconds: limit(readSetting(home, 'maxsession'))
  }
}
