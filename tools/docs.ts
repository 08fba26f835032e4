/** Writes docs/programs.md, docs/settings.md, the templates of control/ and the manual pages from the tables, so that nobody has to repeat them. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Setting, settings } from '../src/control/table.ts'
import { files } from '../src/suite/files.ts'
import { programRows } from '../src/suite/programs.ts'
import { writeManPages, writeWebPages } from './man/write.ts'
import { readersOf } from './readers.ts'
import { writeTemplates } from './templates.ts'

const docs = join(import.meta.dirname, '..', 'docs')
const octal = (mode: number): string => `0${mode.toString(8)}`
const cell = (text: string): string => text.replaceAll('|', '\\|')
const table = (head: string[], rows: string[][]): string => [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n')
const made = '<!-- made by `make docs` from the tables in src/; edit those -->\n'

/** Programs without --help. */
const helpless = programRows.flatMap(([name, { help }]) => (help === false ? [name] : []))

const programsPage = (): string =>
  [
    `# Programs\n${made}`,
    table(
      ['program', 'for', 'runs as', 'mode', 'runtime', 'descriptors', 'second gear (under Node)'],
      programRows.map(([name, p]) => [name, p.about, p.runsAs, octal(p.mode), p.runtime, p.fds, p.secondGear?.about ?? ''])
    ),
    '\n## Usage\n',
    '```',
    ...programRows.map(([, { synopsis }]) => synopsis),
    '```',
    `\nCalled with nothing but \`--help\`, a program prints its lines and ends with 0; to ${helpless.join(', ')} that is an argument like any other.`,
    '\n## Exit codes\n',
    table(
      ['program', 'codes'],
      programRows.map(([name, p]) => [
        name,
        Object.entries(p.exits)
          .map(([code, what]) => `${code} ${what}`)
          .join('; ')
      ])
    ),
    '\n## Permissions (Node permission model; paths below the home)\n',
    table(
      ['program', 'first gear', 'second gear'],
      programRows.map(([name, p]) => [name, p.permissions.join(' '), p.secondGear?.permissions.join(' ') ?? ''])
    ),
    '\n## Files and folders\n',
    table(
      ['path', 'kind', 'owner:group', 'mode'],
      files.filter(({ path, kind }) => kind !== 'program' && !/\/\d+$/.test(path)).map((f) => [f.path, f.kind, `${f.owner}:${f.group}`, octal(f.mode)])
    ),
    ''
  ].join('\n')

const defaultOf = (s: Setting): string => {
  if (s.type === 'number') return `${s.default} ${s.unit}`
  if (s.type !== 'line') return 'absent'
  return [s.orMe ? 'me' : undefined, s.default === undefined ? undefined : `\`${s.default}\``].filter(Boolean).join(', else ') || 'none'
}

const settingsPage = (): string =>
  [
    `# Settings: the files of control/\n${made}`,
    table(
      ['file', 'what it sets', 'format', 'default', 'a fresh installation has', 'read by', 'read again'],
      Object.entries<Setting>(settings).map(([name, s]) => [
        name,
        s.about,
        s.type,
        defaultOf(s),
        s.fresh?.join(' ') ?? '',
        readersOf(s).join(' ') || 'no program of this version',
        s.reread
      ])
    ),
    ''
  ].join('\n')

mkdirSync(docs, { recursive: true })
writeFileSync(join(docs, 'programs.md'), programsPage())
writeFileSync(join(docs, 'settings.md'), settingsPage())
writeTemplates()
writeManPages()
writeWebPages()
