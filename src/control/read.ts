import { join } from 'node:path'
import { type Bytes, leadingNumber, lower } from '../core/bytes.ts'
import { readNamedIfThere } from '../core/if-there.ts'
import { type Setting, type SettingName, settings, type Value } from './table.ts'

/** The text of a file of control/; undefined when it is missing. Any other trouble: Temporary, naming the file. */
export const readText = (home: string, name: string): Bytes | undefined => readNamedIfThere(join(home, 'control', name), `control/${name}`)

const stripRight = (line: Bytes): Bytes => line.replace(/[ \t\n]+$/, '')

/** The value of a one-line file's text: its first line without trailing blanks. CR stays (spec injection-admin.md 1.3). */
export const lineOf = (text: Bytes): Bytes => stripRight(text.split('\n', 1)[0] ?? '')

/** The entries of a list file's text: lines without trailing blanks, without empty ones and those whose first byte is `#`. NUL splits. */
export const listOf = (text: Bytes): Bytes[] =>
  text
    .split('\n')
    .map(stripRight)
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap((line) => line.split('\0'))

/** A map file's entries as written: `key:value` split at the first colon; entries without a colon do not count; the last of equal keys wins. Keys in lower case. */
export const mapOf = (entries: Bytes[]): Map<Bytes, Bytes> =>
  new Map(entries.filter((entry) => entry.includes(':')).map((entry) => [lower(entry.slice(0, entry.indexOf(':'))), entry.slice(entry.indexOf(':') + 1)]))

/**
 * The value of a setting by the table: what its file says, else its default (`me`, a number, a word), else undefined.
 * A file that is missing gives the default, an empty one does not. Unreadable: Temporary, naming the file.
 */
export const readSetting = <N extends SettingName>(home: string, name: N): Value<N> => {
  const setting: Setting = settings[name]
  const text = readText(home, name)
  const value = ((): unknown => {
    switch (setting.type) {
      case 'line':
        return text === undefined ? defaultLine(home, setting) : lineOf(text)
      case 'number':
        return (text === undefined ? undefined : leadingNumber(lineOf(text))) ?? setting.default
      case 'list':
        return text === undefined ? undefined : listOf(text)
      case 'map':
        return text === undefined ? undefined : mapOf(listOf(text))
    }
  })()
  return value as Value<N>
}

const defaultLine = (home: string, setting: Extract<Setting, { type: 'line' }>): Bytes | undefined =>
  (setting.orMe ? readSetting(home, 'me') : undefined) ?? setting.default
