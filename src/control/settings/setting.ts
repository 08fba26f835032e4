/** When a setting is read again: each time a program starts, only when qmail-send starts, or also when qmail-send gets SIGHUP. */
export type Reread = 'invocation' | 'start' | 'hup'

interface Shared {
  /** Programs that read it. */
  readers: string[]
  reread: Reread
  /** What it sets, for the documentation. */
  about: string
  /** The lines a fresh installation's file has; absent: a fresh one has no such file (spec modern.md 8.1). */
  fresh?: readonly string[]
  /** How qmail-showctl words it; absent for settings qmail does not have. */
  show?: { prefix: string; suffix: string; missing?: string }
}
/** One line of text. Missing: the value of `me` if orMe, else `default`, else nothing. */
interface LineSetting extends Shared {
  type: 'line'
  orMe?: boolean
  default?: string
}
/** A number of `unit`; missing or without a leading digit: the default. Limits are the reader's to apply. */
interface NumberSetting extends Shared {
  type: 'number'
  default: number
  /** What it counts, as it stands in the documentation. */
  unit: string
  min?: number
  max?: number
}
/** One entry a line. Missing is not the same as empty. */
interface ListSetting extends Shared {
  type: 'list'
}
/** `key:value` a line. */
interface MapSetting extends Shared {
  type: 'map'
}
export type Setting = LineSetting | NumberSetting | ListSetting | MapSetting

/** Settings of one area, as they are written down. */
export const table = <const T extends Record<string, Setting>>(area: T): T => area
