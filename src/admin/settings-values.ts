import { readSetting } from '../control/read.ts'
import { type SettingName, settings } from '../control/table.ts'

const plain = (value: unknown): unknown => (value instanceof Map ? Object.fromEntries(value) : (value ?? null))

/** The value of every setting by its name, defaults included; null where there is none. Throws Temporary when a file cannot be read. */
export const settingsValues = (home: string): Record<string, unknown> =>
  Object.fromEntries((Object.keys(settings) as SettingName[]).map((name) => [name, plain(readSetting(home, name))]))
