import { accessSync, constants, opendirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { lineOf, listOf, readSetting, readText } from '../control/read.ts'
import { type Setting, type SettingName, settings } from '../control/table.ts'
import type { Bytes } from '../core/bytes.ts'
import { leadingNumber } from '../core/bytes.ts'
import { Temporary } from '../core/failure.ts'
import { printable } from '../core/logline.ts'
import { DIALECTED, guessDialect } from '../format/refusal-list.ts'
import { suiteGroup, suiteUser } from '../os/ids.ts'
import { SPAWN_LIMIT, SPLIT } from '../queue/paths.ts'
import { readWhole, unhonoured } from './control-files.ts'
import { countDropped } from './droplist.ts'

const DEFAULT = '(Default.) '
const OOPS = 'Oops! Trouble reading this file.'
/** A home others may write to is not delivered to: the forbidden mode bits (spec queue.md 1.1). */
const PATERNALISM = 2

type Show = NonNullable<Setting['show']>

/** What is compiled in, and the accounts. Throws Temporary for an unknown one. */
export const buildBlock = (home: string): string => {
  const uid = (name: Parameters<typeof suiteUser>[1]): number => suiteUser(home, name).uid
  const uids = [uid('alias'), uid('qmaild'), uid('qmaill'), 0, uid('qmailp'), uid('qmailq'), uid('qmailr'), uid('qmails')]
  const gids = [suiteGroup(home, 'nofiles'), suiteGroup(home, 'qmail')]
  return `qmail home directory: ${home}.
user-ext delimiter: -.
paternalism (in decimal): ${PATERNALISM}.
silent concurrency limit: ${SPAWN_LIMIT}.
subdirectory split: ${SPLIT}.
user ids: ${uids.join(', ')}.
group ids: ${gids.join(', ')}.
`
}

const lineText = (home: string, name: SettingName, show: Show, text: Bytes | undefined): string => {
  const value = text === undefined ? (show.missing ?? readSetting(home, name) ?? name) : lineOf(text)
  return `${text === undefined ? DEFAULT : ''}${show.prefix}${printable(String(value))}${show.suffix}.`
}

const numberText = (show: Show, text: Bytes | undefined, fallback: number): string => {
  const number = text === undefined ? undefined : leadingNumber(lineOf(text))
  return `${number === undefined ? DEFAULT : ''}${show.prefix}${number ?? fallback}${show.suffix}.`
}

const listText = (show: Show, text: Bytes | undefined): string =>
  text === undefined
    ? `${DEFAULT}${show.missing}`
    : listOf(text)
        .map((entry) => `\n${show.prefix}${printable(entry)}${show.suffix}`)
        .join('')

const settingText = (home: string, name: SettingName, show: Show): string => {
  const setting: Setting = settings[name]
  try {
    const text = readText(home, name)
    if (setting.type === 'line') return lineText(home, name, show, text)
    return setting.type === 'number' ? numberText(show, text, setting.default) : listText(show, text)
  } catch (error) {
    if (error instanceof Temporary) return OOPS
    throw error
  }
}

const fileTime = (home: string, name: string): number | undefined => statSync(join(home, 'control', name), { throwIfNoEntry: false })?.mtimeMs

/** Without rcpthosts nothing of morercpthosts counts. */
const morercpthostsShow = (home: string, show: Show): Show =>
  fileTime(home, 'rcpthosts') !== undefined
    ? show
    : { prefix: "No rcpthosts; doesn't matter that morercpthosts has ", suffix: '.', missing: 'No rcpthosts; morercpthosts is irrelevant.' }

const compiledText = (home: string): string => {
  const [text, cdb] = [fileTime(home, 'morercpthosts'), fileTime(home, 'morercpthosts.cdb')]
  if (text === undefined) return cdb === undefined ? `${DEFAULT}No effect.` : "Oops! morercpthosts.cdb exists but morercpthosts doesn't."
  if (cdb === undefined) return "Oops! morercpthosts exists but morercpthosts.cdb doesn't."
  const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000)
  return seconds(text) > seconds(cdb) ? 'Oops! morercpthosts.cdb is older than morercpthosts.' : 'Modified recently enough; hopefully up to date.'
}

const stockText = (home: string, name: SettingName, show: Show): string => {
  if (name !== 'morercpthosts') return `\n${name}: ${settingText(home, name, show)}\n`
  return `\n${name}: ${settingText(home, name, morercpthostsShow(home, show))}\n\nmorercpthosts.cdb: ${compiledText(home)}\n`
}

/** How a setting is shown that qmail does not have: what it is about, and its value. */
const extensionShow = ({ type, about, unit }: { type: string; about: string; unit?: string }): Show => ({
  prefix: type === 'line' || type === 'number' ? `${about}: ` : '',
  suffix: unit === undefined ? '' : ` ${unit}`
})

/** What `auto` in control/patterns takes the lists for that are there. */
const guessText = (home: string): string => {
  if (readSetting(home, 'patterns') !== 'auto') return ''
  return DIALECTED.map((name) => ({ name, entries: readSetting(home, name) }))
    .map(({ name, entries }) => (entries === undefined ? '' : `\n${name} is taken for ${guessDialect(entries)}.`))
    .join('')
}

const otherText = (home: string, file: Bytes): string => {
  const setting: Setting | undefined = Object.hasOwn(settings, file) ? settings[file as SettingName] : undefined
  if (setting === undefined) return `\n${file}: ${readWhole(file) ?? 'I have no idea what this file does'}.\n`
  const text = settingText(home, file as SettingName, setting.show ?? extensionShow(setting))
  const guess = file === 'patterns' && text !== OOPS ? guessText(home) : ''
  return `\n${file}: ${text.startsWith('\n') || text === '' ? setting.about : ''}${text}${guess}\n`
}

/** Files of other qmails that no program reads, and why, in one list (spec modern.md 8.1). */
const unhonouredText = (names: readonly Bytes[]): string => {
  const found = names.flatMap((name) => (unhonoured(name) === undefined ? [] : [`${name} has no effect: ${unhonoured(name)}.\n`]))
  return found.length === 0 ? '' : `\n${found.toSorted().join('')}`
}

const stockNames = (Object.keys(settings) as SettingName[]).filter((name) => (settings[name] as Setting).show !== undefined)

/** What every setting is (spec injection-admin.md 7): qmail's in their order, then what else lies in control/. Throws Temporary in qmail's words. */
export const settingsBlock = (home: string): string => {
  const names = namesIn(home)
  try {
    readText(home, 'me')
  } catch (error) {
    throw new Temporary('Oops! Trouble reading control/me.', { cause: error })
  }
  const stock = stockNames.map((name) => stockText(home, name, (settings[name] as Setting).show as Show))
  const others = names.filter((name) => name !== 'morercpthosts.cdb' && !stockNames.includes(name as SettingName) && unhonoured(name) === undefined)
  return [...stock, ...others.map((name) => otherText(home, name)), unhonouredText(names)].join('')
}

/** How many messages wait in drop/ for qmail-queued; nothing when there are none, or the caller may not know. */
export const dropBlock = (home: string): string => {
  const { dropped } = countDropped(home)
  return dropped === 0 ? '' : `\ndrop: ${dropped} accepted ${dropped === 1 ? 'message waits' : 'messages wait'} for qmail-queued.\n`
}

/** The files of control/, in the folder's own order. Throws Temporary in qmail's words. */
export const namesIn = (home: string): Bytes[] => {
  const folder = join(home, 'control')
  try {
    accessSync(folder, constants.X_OK)
  } catch (error) {
    throw new Temporary('Oops! Unable to chdir to control.', { cause: error })
  }
  try {
    // opendir, not readdir: Node sorts the latter, and these are shown in the folder's own order
    const dir = opendirSync(folder, { encoding: 'latin1' as BufferEncoding })
    const names: Bytes[] = []
    for (let entry = dir.readSync(); entry !== null; entry = dir.readSync()) names.push(entry.name)
    dir.closeSync()
    return names
  } catch (error) {
    throw new Temporary('Oops! Unable to open current directory.', { cause: error })
  }
}
