import { readSetting } from '../../control/read.ts'
import type { Bytes } from '../../core/bytes.ts'
import type { BounceSettings } from './text.ts'

/** How bounces and other notices are written (spec modern.md 5.7). Read again when SIGHUP comes. */
export interface NoticeSettings {
  /** With a part for programs by RFC 3464? Else as qmail's. */
  isReport: boolean
  /** Of a message of more bytes only the header is sent back. */
  maxBytes: number
}

/** Reads control/bounceformat (any other word than dsn counts as qsbmf) and its kin. Throws Temporary, naming the file. */
export const readNoticeSettings = (home: string): NoticeSettings => ({
  isReport: readSetting(home, 'bounceformat') === 'dsn',
  maxBytes: readSetting(home, 'bouncemaxbytes') || Number.POSITIVE_INFINITY
})

/** Who bounces are from and where double ones go: read once, at the start (spec queue.md 5.1). Throws Temporary, naming the file. */
export const readBounceSettings = (home: string): BounceSettings => {
  const line = (name: 'bouncefrom' | 'bouncehost' | 'doublebouncehost' | 'doublebounceto'): Bytes => readSetting(home, name) ?? ''
  return { bouncefrom: line('bouncefrom'), bouncehost: line('bouncehost'), doubleTo: `${line('doublebounceto')}@${line('doublebouncehost')}` }
}
