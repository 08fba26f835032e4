/**
 * The templates of control/: one file a setting, what a fresh control/ may hold. The default, or an example, comes first; then comment
 * lines that say what it is, in the words of the table of settings. Readers of one-line settings stop at the first line, those of lists and maps skip comments.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Reread, Setting } from '../src/control/settings/setting.ts'
import { type SettingName, settings } from '../src/control/table.ts'
import { readersOf } from './readers.ts'

/** The folder of the templates, in the checkout. */
export const templates = join(import.meta.dirname, '..', 'control')

/** What a draft has where nobody wrote an example yet. */
export const NO_EXAMPLE = 'EXAMPLE'

/** The name that `me`, and what defaults to it, has in the templates. */
const ME = 'mail.example.org'

export const format = (s: Setting): string => {
  if (s.type === 'line') return 'one line, the first'
  if (s.type === 'list') return 'one entry a line; lines that begin with # do not count'
  if (s.type === 'map') return 'key:value, one a line; lines that begin with # do not count'
  const limits = [s.min === undefined ? [] : [`at least ${s.min}`], s.max === undefined ? [] : [`at most ${s.max}`]].flat()
  return [`a number (${s.unit}) on the first line`, ...limits].join(', ')
}

/** What holds without the file, in words. */
export const missing = (s: Setting): string => {
  if (s.type === 'number') return `${s.default} ${s.unit}`
  if (s.type !== 'line') return 'absent'
  return [s.orMe ? 'me' : undefined, s.default].filter((word) => word !== undefined).join(', else ') || 'none'
}

export const rereadWords: Record<Reread, string> = {
  invocation: 'each time a program that reads it starts',
  start: 'when qmail-send starts',
  hup: 'when qmail-send starts, and at SIGHUP'
}

const comments = (name: SettingName, s: Setting): string[] =>
  [
    `${name}: ${s.about}`,
    `format: ${format(s)}`,
    `without this file: ${missing(s)}`,
    ...(s.fresh ? [`a fresh installation has: ${s.fresh.join(' ')}`] : []),
    `read by: ${readersOf(s).join(' ') || 'no program of this version'}`,
    `read: ${rereadWords[s.reread]}`
  ].map((line) => `# ${line}`)

/** The first line, where the table knows it; undefined where only people do: an example. */
const tableValue = (name: SettingName, s: Setting): string | undefined => {
  if (s.type === 'number') return String(s.default)
  if (s.type === 'line') return name === 'me' || s.orMe ? ME : s.default
  return undefined
}

/** The values of an existing template: its lines up to the first comment. */
const valuesOf = (text: string): string[] => {
  const lines = text.trimEnd().split('\n')
  const end = lines.findIndex((line) => line.startsWith('#'))
  return end < 0 ? lines : lines.slice(0, end)
}

/** A template as it should be. Only examples are taken from the one that is there. */
export const templateOf = (name: SettingName): string => {
  const [s, file] = [settings[name] as Setting, join(templates, name)]
  const value = tableValue(name, s)
  const values = value !== undefined ? [value] : s.fresh ? [...s.fresh] : existsSync(file) ? valuesOf(readFileSync(file, 'latin1')) : [NO_EXAMPLE]
  return `${[...values, ...comments(name, s)].join('\n')}\n`
}

/** Writes all templates: new ones as drafts, the others anew around their examples. */
export const writeTemplates = (): void => {
  mkdirSync(templates, { recursive: true })
  for (const name of Object.keys(settings) as SettingName[]) writeFileSync(join(templates, name), templateOf(name), 'latin1')
}

/** A template with these values in place of its own. */
export const filled = (name: SettingName, values: readonly string[]): string => {
  const text = readFileSync(join(templates, name), 'latin1')
  const lines = text.split('\n').slice(valuesOf(text).length)
  return [...values, ...lines].join('\n')
}
