/**
 * Holds the walls (docs/internals.md). Floors: each room of src/ stands on one, imports only go down, and no program's room imports another's; no file imports itself
 * by way of others. Rings: what each finished bundle consists of, transitively, against the table of programs. Prints the floors; exit 1 with one line per breach.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Metafile } from 'esbuild'
import type { Program, Ring } from '../src/suite/programs/row.ts'
import { programRows } from '../src/suite/programs.ts'

const top = join(import.meta.dirname, '..')
const MAX_FILES_PER_ROOM = 27

/** The rooms below the programs, lowest floor first. Every other folder of src/ is the room of one program, or of a small family of them, and stands above. */
const FLOORS = [['core'], ['format', 'net', 'os', 'control'], ['queue', 'locks'], ['suite', 'log'], ['submit', 'spawn', 'users'], ['accept'], ['serve']]

const sources = readdirSync(join(top, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .sort()
const roomOf = (file: string): string => file.split('/', 1)[0] ?? ''
const floorOf = (room: string): number => {
  const below = FLOORS.findIndex((rooms) => rooms.includes(room))
  return below === -1 ? FLOORS.length : below
}

const importsOf = (file: string): string[] =>
  [...readFileSync(join(top, 'src', file), 'latin1').matchAll(/(?:from |import\()'(\.[^']+)'/g)].map(([, path]) =>
    relative(join(top, 'src'), join(top, 'src', file, '..', path ?? ''))
  )
const graph = new Map(sources.map((file) => [file, importsOf(file)]))

const wallBreaches = (): string[] =>
  [...graph].flatMap(([file, imports]) =>
    imports.flatMap((other) => {
      const [from, to] = [roomOf(file), roomOf(other)]
      if (from === to || floorOf(to) < floorOf(from)) return []
      return floorOf(from) === floorOf(to) && floorOf(from) === FLOORS.length
        ? [`src/${file} imports another program's room: ${other}`]
        : [`src/${file} imports what is not below it: ${other}`]
    })
  )

/** The files on a way from `file` back to itself, or none. */
const circle = (file: string): string[] => {
  const seen = new Map<string, string>()
  const left = [file]
  for (let at = left.pop(); at !== undefined; at = left.pop())
    for (const next of graph.get(at) ?? []) {
      if (next === file) {
        const way = [file]
        for (let back: string | undefined = at; back !== undefined && back !== file; back = seen.get(back)) way.unshift(back)
        return [file, ...way]
      }
      if (seen.has(next)) continue
      seen.set(next, at)
      left.push(next)
    }
  return []
}

const circleBreaches = (): string[] => {
  const known = new Set<string>()
  return sources.flatMap((file) => {
    if (known.has(file)) return []
    const way = circle(file)
    for (const member of way) known.add(member)
    return way.length ? [`a circle of imports: ${way.join(' -> ')}`] : []
  })
}

const filesOf = (room: string): number => sources.filter((file) => roomOf(file) === room).length
const rooms = [...new Set(sources.map(roomOf))].sort()
const crowded = (): string[] => {
  const parts = new Map<string, number>()
  for (const file of sources) {
    const folder = file.slice(0, file.lastIndexOf('/'))
    parts.set(folder, (parts.get(folder) ?? 0) + 1)
  }
  return [...parts].filter(([, n]) => n > MAX_FILES_PER_ROOM).map(([folder, n]) => `src/${folder} holds ${n} files: two ideas`)
}

/** What a ring may use of node; A may use anything. R, Q and U have net for descriptors they were handed (src/os/feed.ts); the permission model keeps them from connecting. */
const BUILTINS: Record<Exclude<Ring, 'A'>, string[]> = {
  R: ['fs', 'path', 'child_process', 'events', 'stream', 'net'],
  Q: ['fs', 'path', 'child_process', 'events', 'stream', 'net', 'os', 'util', 'assert', 'constants', 'timers/promises', 'perf_hooks'],
  N: ['fs', 'path', 'child_process', 'events', 'stream', 'stream/promises', 'net', 'dns', 'dns/promises', 'dgram', 'tls', 'crypto', 'os'],
  U: ['fs', 'path', 'child_process', 'events', 'stream', 'os', 'net']
}
/** Builtin modules one file alone may import, in every ring: for crc32, and nothing else. */
const ONE_FILE = new Map([['zlib', 'src/log/format.ts']])
/** Rooms that speak to strangers: R, Q and U hold none of them. */
const STRANGERS = ['net']

/** Root's own code stays out of everybody else's hands, and privileged rings know no packages beyond the table's. */
const ringBreaches = (name: string, program: Program): string[] => {
  const meta = JSON.parse(readFileSync(join(top, 'build', 'meta', `${name}.json`), 'utf8')) as Metafile
  const found: string[] = []
  const builtins = program.ring === 'A' ? undefined : BUILTINS[program.ring]
  for (const [file, input] of Object.entries(meta.inputs)) {
    const pkg = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]
    if (pkg !== undefined && program.ring !== 'A' && !program.npm.includes(pkg)) found.push(`imports the package ${pkg}`)
    if (file.startsWith('src/') && 'RQU'.includes(program.ring) && STRANGERS.includes(roomOf(file.slice(4))))
      found.push(`ring ${program.ring} may not import ${file}`)
    if (file.startsWith('bin/') && file !== `bin/${name}.ts`) found.push(`imports another program, ${file}`)
    for (const { path, external } of input.imports) {
      const builtin = path.replace(/^node:/, '')
      if (external && builtins && !builtins.includes(builtin) && ONE_FILE.get(builtin) !== file)
        found.push(`ring ${program.ring} may not import node:${builtin} (${file})`)
    }
  }
  const kilobytes = statSync(join(top, 'build', 'bin', `${name}.js`)).size / 1000
  if (kilobytes > program.budget) found.push(`bundle of ${kilobytes.toFixed(0)} kB is over its budget of ${program.budget}`)
  const lines = readFileSync(join(top, 'bin', `${name}.ts`), 'latin1').split('\n').length
  if (lines > 120) found.push(`bin/${name}.ts has ${lines} lines`)
  return found.map((breach) => `${name}: ${breach}`)
}

/** A program's bin/ file takes what it needs from one program's room, and from the rooms below. */
const homeBreaches = (): string[] =>
  programRows.flatMap(([name]) => {
    const text = readFileSync(join(top, 'bin', `${name}.ts`), 'latin1')
    const own = new Set(
      [...text.matchAll(/(?:from |import\()'\.\.\/src\/([^/']+)/g)].map(([, room]) => room ?? '').filter((room) => floorOf(room) === FLOORS.length)
    )
    return own.size > 1 ? [`bin/${name}.ts lives in ${own.size} rooms: ${[...own].join(', ')}`] : []
  })

const all = [...wallBreaches(), ...circleBreaches(), ...crowded(), ...homeBreaches(), ...programRows.flatMap(([name, program]) => ringBreaches(name, program))]
for (let floor = FLOORS.length; floor >= 0; floor--) {
  const here = rooms.filter((room) => floorOf(room) === floor)
  process.stdout.write(`floor ${floor + 1}: ${here.map((room) => `${room} (${filesOf(room)})`).join(', ')}\n`)
}
process.stdout.write(
  all.length ? `${all.join('\n')}\n` : `${rooms.length} rooms, ${programRows.length} programs: imports go down only, and every program keeps to its ring\n`
)
process.exitCode = all.length ? 1 : 0
