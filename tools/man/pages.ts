/**
 * The pages: each source in man/, with what the tables know put in. A program's page needs no NAME, SYNOPSIS, RUNS AS, DESCRIPTORS, EXIT CODES or
 * SETTINGS; any other begins with `# NAME(SECTION): what it is`. A line `{settings}` stands for all settings.
 * A code block `sh run` is an example that the tests run; the block `output` below it is what it prints.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Setting } from '../../src/control/settings/setting.ts'
import { settings } from '../../src/control/table.ts'
import type { Program } from '../../src/suite/programs/row.ts'
import { programRows } from '../../src/suite/programs.ts'
import { readersOf } from '../readers.ts'
import { format, missing, rereadWords } from '../templates.ts'

const top = join(import.meta.dirname, '..', '..')

export interface Page {
  /** NAME.SECTION, as its files are called. */
  name: string
  /** The whole page in the Markdown of man/. */
  text: string
}

const cell = (text: string): string => text.replaceAll('|', '\\|')
const table = (rows: [string, string][]): string => ['| | |', '| --- | --- |', ...rows.map(([a, b]) => `| ${cell(a)} | ${cell(b)} |`)].join('\n')
const section = (heading: string, text: string): string => `## ${heading}\n\n${text}\n`
const wordsOf = Object.entries<Setting>(settings)

const readBy = (program: string): [string, string][] =>
  wordsOf.filter(([, s]) => s.readers.includes(program)).map(([name, s]) => [`\`control/${name}\``, `${s.about} (without it: ${missing(s)})`])

/** What a program's row says, in sections: before its own text, and after it. */
const programSections = (name: string, p: Program): { before: string[]; after: string[] } => {
  const read = readBy(name)
  const called = p.links.length > 0 ? `\n\nIt is called ${p.links.map((link) => `\`${link}\``).join(', ')} too.` : ''
  const private_ = p.mode === 0o700 ? ' Nobody but root may run it.' : ''
  return {
    before: [section('NAME', `${name} - ${p.about}`), section('SYNOPSIS', `\`\`\`\n${p.synopsis}\n\`\`\`${called}`)],
    after: [
      section('RUNS AS', `${p.runsAs}.${private_}`),
      section('DESCRIPTORS', `\`${p.fds}\``),
      section('EXIT CODES', table(Object.entries(p.exits).map(([code, what]) => [`\`${code}\``, what]))),
      ...(read.length > 0 ? [section('SETTINGS', `${table(read)}\n\nqmail-control(5) says how they are written.`)] : [])
    ]
  }
}

/** Every setting, with all the table says. */
const allSettings = (): string =>
  wordsOf
    .map(([name, s]) =>
      [
        `### ${name}\n\n${capital(s.about)}.\n`,
        table([
          ['Format:', format(s)],
          ['Without it:', missing(s)],
          ...(s.fresh ? [['A fresh installation has:', s.fresh.join(' ')] as [string, string]] : []),
          ['Read by:', readersOf(s).join(', ') || 'no program of this version'],
          ['When:', rereadWords[s.reread]]
        ]),
        ''
      ].join('\n')
    )
    .join('\n')

const capital = (text: string): string => (/^[a-z]+ /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text)

/** Sections that come after those of the table. */
const LAST = /^## (SIGNALS|FILES|EXAMPLES|NOTES|SEE ALSO)$/m

const programPage = (title: string, name: string, program: Program, source: string): string => {
  const { before, after } = programSections(name, program)
  const at = LAST.exec(source)?.index ?? source.length
  return [`# ${title}\n`, ...before, source.slice(0, at), ...after, source.slice(at)].join('\n')
}

/** A page of its file. Throws Error, in words for people, when it is not what it should be. */
const pageOf = (file: string): Page => {
  const [, base = '', name = '', part = ''] = /^((.+)\.([1-8]))\.md$/.exec(file) ?? []
  const [title, source] = [`${name}(${part})`, readFileSync(join(top, 'man', file), 'utf8')]
  const program = programRows.find(([program]) => program === name)?.[1]
  if (program && part !== '5' && part !== '7') return { name: base, text: programPage(title, name, program, source) }
  const [first = '', ...rest] = source.split('\n')
  if (!first.startsWith(`# ${title}: `)) throw new Error(`man/${file} has to begin with "# ${title}: what it is"`)
  const body = rest.join('\n').replace('{settings}', () => allSettings())
  return { name: base, text: [`# ${title}\n`, section('NAME', `${name} - ${first.slice(title.length + 4)}`), body.trimStart()].join('\n') }
}

/** All pages, by name. */
export const pages = (): Page[] => readdirSync(join(top, 'man')).sort().map(pageOf)

/** The sources' names, NAME.SECTION. */
const sourceNames = (): string[] => readdirSync(join(top, 'man')).map((file) => file.slice(0, -3))

/** Names a page is found by besides its own: those its program is called by. */
export const otherNames = (): [link: string, page: string][] =>
  programRows.flatMap(([name, { links }]) => {
    const page = sourceNames().find((source) => source === `${name}.1` || source === `${name}.8`)
    return page === undefined ? [] : links.map((link): [string, string] => [`${link}.1`, page])
  })

/** NAME.8 as man8/NAME.8. */
export const inSection = (name: string): string => join(`man${name.slice(-1)}`, name)

/** What is installed below man/. */
export const pageFiles = (): string[] => [...sourceNames(), ...otherNames().map(([link]) => link)].map(inSection)
