import { readSetting } from '../../control/read.ts'
import { type Bytes, leadingNumber } from '../../core/bytes.ts'
import type { BounceSettings } from './text.ts'

/** How bounces and other notices are written (spec modern.md 5.7). Read again when SIGHUP comes. */
export interface NoticeSettings {
  /** With a part for programs by RFC 3464? Else as qmail's. */
  isReport: boolean
  /** Of a message of more bytes only the header is sent back. */
  maxBytes: number
  /** At these ages, in seconds, its sender is told that a message is late; the youngest first. */
  delays: number[]
  /** So many bounces go to one address in a minute. */
  perMinute: number
}

/** How many warnings were sent is kept as one digit. */
const MAX_DELAYS = 9

const delaysOf = (list: readonly Bytes[]): number[] => {
  const seconds = list.map((line) => leadingNumber(line) ?? 0).filter((n) => n > 0)
  return [...new Set(seconds)].sort((a, b) => a - b).slice(0, MAX_DELAYS)
}

/** Reads control/bounceformat (any other word than dsn counts as qsbmf) and its kin. Throws Temporary, naming the file. */
export const readNoticeSettings = (home: string): NoticeSettings => ({
  isReport: readSetting(home, 'bounceformat') === 'dsn',
  maxBytes: readSetting(home, 'bouncemaxbytes') || Number.POSITIVE_INFINITY,
  delays: delaysOf(readSetting(home, 'delaywarning') ?? []),
  perMinute: readSetting(home, 'bouncerate') || Number.POSITIVE_INFINITY
})

/** Who bounces are from and where double ones go: read once, at the start (spec queue.md 5.1). Throws Temporary, naming the file. */
export const readBounceSettings = (home: string): BounceSettings => {
  const line = (name: 'bouncefrom' | 'bouncehost' | 'doublebouncehost' | 'doublebounceto'): Bytes => readSetting(home, name) ?? ''
  return { bouncefrom: line('bouncefrom'), bouncehost: line('bouncehost'), doubleTo: `${line('doublebounceto')}@${line('doublebouncehost')}` }
}
