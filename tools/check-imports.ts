/** Holds the rings (STYLE.md C): what each bundle consists of, transitively, against the table of programs. Exit 1 with one line per breach. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'
import { type Program, programRows, type Ring } from '../src/suite/programs.ts'

const top = join(import.meta.dirname, '..')

/**
 * What a ring may use: folders or files of src/ (by their beginning) and builtins; A may use anything.
 * R, Q and U have net for descriptors they were handed (src/os/feed.ts); the permission model keeps them from connecting.
 */
const rings: Record<Exclude<Ring, 'A'>, { src: string[]; node: string[] }> = {
  R: {
    src: ['core', 'os', 'control', 'queue', 'suite', 'start', 'local/lspawn', 'format/cdb', 'format/assign', 'format/spawn'],
    node: ['fs', 'path', 'child_process', 'events', 'stream', 'net']
  },
  Q: {
    src: ['core', 'os', 'format', 'queue', 'control', 'suite', 'send', 'remote/rspawn'],
    node: ['fs', 'path', 'child_process', 'events', 'stream', 'net', 'os', 'util', 'assert', 'constants', 'timers/promises', 'perf_hooks']
  },
  N: {
    src: ['core', 'os', 'format', 'control', 'queue', 'suite', 'net', 'smtpd', 'remote', 'auth'],
    node: ['fs', 'path', 'child_process', 'events', 'stream', 'net', 'dns', 'dns/promises', 'dgram', 'tls', 'crypto', 'os']
  },
  U: {
    src: ['core', 'os', 'format', 'control', 'local', 'inject', 'queue'],
    node: ['fs', 'path', 'child_process', 'events', 'stream', 'os', 'net']
  }
}
const allowed = (places: string[], path: string): boolean =>
  places.some((place) => path === place || path.startsWith(`${place}/`) || path.startsWith(`${place}-`) || path.startsWith(`${place}.`))

/** Root's own code stays out of everybody else's hands, and privileged rings know no packages beyond the table's. */
const breaches = (name: string, program: Program): string[] => {
  const meta = JSON.parse(readFileSync(join(top, 'build', 'meta', `${name}.json`), 'utf8')) as Metafile
  const found: string[] = []
  const ring = program.ring === 'A' ? undefined : rings[program.ring]
  for (const [file, input] of Object.entries(meta.inputs)) {
    const pkg = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]
    if (pkg !== undefined && program.ring !== 'A' && !program.npm?.includes(pkg)) found.push(`imports the package ${pkg}`)
    if (file.startsWith('src/') && ring && !allowed(ring.src, file.slice('src/'.length))) found.push(`ring ${program.ring} may not import ${file}`)
    if (file.startsWith('bin/') && file !== `bin/${name}.ts`) found.push(`imports another program, ${file}`)
    for (const { path, external } of input.imports) {
      const builtin = path.replace(/^node:/, '')
      if (external && ring && !ring.node.includes(builtin)) found.push(`ring ${program.ring} may not import node:${builtin} (${file})`)
    }
  }
  const kilobytes = statSync(join(top, 'build', 'bin', `${name}.js`)).size / 1000
  if (kilobytes > program.budget) found.push(`bundle of ${kilobytes.toFixed(0)} kB is over its budget of ${program.budget}`)
  const lines = readFileSync(join(top, 'bin', `${name}.ts`), 'latin1').split('\n').length
  if (lines > 120) found.push(`bin/${name}.ts has ${lines} lines`)
  return found
}

const all = programRows.flatMap(([name, program]) => breaches(name, program).map((breach) => `${name}: ${breach}`))
process.stdout.write(all.length ? `${all.join('\n')}\n` : `${programRows.length} programs keep to their rings\n`)
process.exitCode = all.length ? 1 : 0
