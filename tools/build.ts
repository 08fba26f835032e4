/**
 * Bundles every program of the table: bin/NAME.ts to build/bin/NAME.js, one CJS file each, and what went into it to build/meta/NAME.json;
 * then those that start under Bun into build/lib/bun, and the manual pages into build/man.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { Program } from '../src/suite/programs/row.ts'
import { programRows } from '../src/suite/programs.ts'
import { compileForBun } from './bun.ts'
import { writeManPages } from './man/write.ts'

const top = join(import.meta.dirname, '..')
const out = join(top, 'build')
rmSync(join(out, 'bin'), { recursive: true, force: true })
rmSync(join(out, 'meta'), { recursive: true, force: true })
mkdirSync(join(out, 'meta'), { recursive: true })

/** What --help prints; nothing for a program that takes it as a word like any other. */
const helpText = (name: string, { synopsis, about, help }: Program): string =>
  help === false ? '' : `usage: ${synopsis.replaceAll('\n', '\n       ')}\n${name}: ${about}\n`

await Promise.all(
  programRows.map(async ([name, program]) => {
    const result = await build({
      entryPoints: [join(top, 'bin', `${name}.ts`)],
      outfile: join(out, 'bin', `${name}.js`),
      absWorkingDir: top,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node26',
      minifyWhitespace: true,
      minifySyntax: true,
      metafile: true,
      logLevel: 'error',
      legalComments: 'none',
      define: { QMAIL_HELP: JSON.stringify(helpText(name, program)) }
    })
    writeFileSync(join(out, 'meta', `${name}.json`), JSON.stringify(result.metafile))
  })
)

compileForBun(programRows.flatMap(([name, { runtime }]) => (runtime === 'bun' ? [name] : [])))
writeManPages()
