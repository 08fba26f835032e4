/** The runtime of the programs that run once (docs/internals.md, Two gears): Bun with their bytecode in it, one executable that needs no other file. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Exit } from '../src/core/exit.ts'
import { withTextAligned, writeRuntime } from './runtime-file.ts'

const top = join(import.meta.dirname, '..')
const build = join(top, 'build')
const entry = join(build, 'bun-entry.cjs')

/** What is installed as lib/bun. Missing where Bun cannot be had or does not run. */
export const bunFile = join(build, 'lib', 'bun')

/** Bun's common build needs AVX2. */
const hasAvx2 = (): boolean => /^flags\s*:.*\bavx2\b/m.test(readFileSync('/proc/cpuinfo', 'latin1'))

/** The package's Bun for this machine's processor; undefined when npm could not install it. */
export const packagedBun = (): string | undefined => {
  const name = process.arch === 'arm64' ? 'bun-linux-aarch64' : hasAvx2() ? 'bun-linux-x64' : 'bun-linux-x64-baseline'
  const file = join(top, 'node_modules', '@oven', name, 'bin', 'bun')
  return existsSync(file) ? file : undefined
}

/**
 * Called as `lib/bun NAME PATH ARGUMENTS...` by the first line of PATH; the program sees `lib/bun PATH ARGUMENTS...`, as under node. Each
 * program stands by itself in the executable: bundled together, each start would pay 3 ms for the others.
 */
const ENTRY = `const [runtime, , name, ...rest] = process.argv
process.argv = [runtime, ...rest]
if (name === undefined) process.exit(${Exit.permanent})
require('/$bunfs/root/bin/' + name + '.js')
`

/**
 * Nothing of the folder it is run in: no .env, bunfig.toml, tsconfig.json, package.json. The home is two folders above lib/bun as it is
 * above bin/NAME, which is what programs derive it from.
 */
const FLAGS = [
  ...['--compile', '--bytecode', '--format=cjs', '--minify', '--define', '__filename=process.execPath'],
  ...['dotenv', 'bunfig', 'tsconfig', 'package-json'].map((what) => `--no-compile-autoload-${what}`)
]

/** Makes build/lib/bun hold these bundles of build/bin. Without a Bun that runs here there is none afterwards, and one line says so: Node runs everything then. */
export const compileForBun = (names: readonly string[]): void => {
  rmSync(bunFile, { force: true })
  mkdirSync(join(build, 'lib'), { recursive: true })
  writeFileSync(entry, ENTRY)
  const bun = packagedBun()
  const env = { PATH: '/usr/bin:/bin', HOME: build }
  const r =
    bun === undefined
      ? undefined
      : spawnSync(bun, ['build', ...FLAGS, entry, ...names.map((name) => join(build, 'bin', `${name}.js`)), '--outfile', bunFile], {
          cwd: build,
          env,
          encoding: 'utf8'
        })
  if (r?.status === 0) {
    const compiled = readFileSync(bunFile)
    rmSync(bunFile)
    writeRuntime(bunFile, withTextAligned(compiled))
    if (spawnSync(bunFile, [], { env }).status === Exit.permanent) return
  }
  rmSync(bunFile, { force: true })
  process.stdout.write(`no Bun for this machine: all programs will run under Node${r ? ` (${r.error?.message ?? r.stderr.trim()})` : ''}\n`)
}
