/**
 * `steady.ts [FILE...]`: runs test files again and again, to find those that fail now and then, or leave something behind. All of test/ when none is named.
 * ROUNDS=n how often (default 5); JOBS=n so many files beside each other (default 1); LOAD=1 with stress-ng beside it (Debian's package), started and ended here.
 * SLOW=1 on a disk as slow as another machine's (tools/slow-disk.c; as root, with Debian's gcc and libc6-dev): what is right only as long as files are written at once fails then.
 * Each file has a folder for temporary files of its own: a file that stays in it, or a process that stands in it, when the tests are over is a failure too.
 * A test that is skipped without a reason is one as well. Prints a table of what failed, each with its output once, why tests were skipped, and the slowest files. Exit 1 when anything failed.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { explain } from '../src/core/failure.ts'

const top = join(import.meta.dirname, '..')
const numberOf = (name: string, otherwise: number): number => Number(process.env[name] || otherwise)
const ROUNDS = numberOf('ROUNDS', 5)
const JOBS = numberOf('JOBS', 1)
const FILE_SECONDS = numberOf('SECONDS', 900)
/** What ends with a test file may take this long to be gone. */
const LEAVE_SECONDS = 15
const SHOWN_LINES = 60
const SLOWEST = 10
const PRELOAD = '/etc/ld.so.preload'

interface Failure {
  count: number
  output: string
}
/** By file and test. */
const failures = new Map<string, Failure>()
/** By reason: the tests skipped. */
const skips = new Map<string, Set<string>>()
const seconds = new Map<string, number[]>()
const children = new Set<ChildProcess>()
let runs = 0

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const note = (file: string, test: string, output: string): void => {
  const key = `${file}: ${test}`
  const known = failures.get(key)
  if (known) known.count++
  else failures.set(key, { count: 1, output })
  say(`  FAILED ${key}`)
}

/** Ends a process we have started, with its group. */
const endGroup = (pid: number | undefined, signal: NodeJS.Signals): void => {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // it has ended
  }
}

/** Processes that were started from this folder, stand in it or name it, as `pid command`. */
const processesIn = (folder: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim()
        const where = [command, readlinkSync(`/proc/${pid}/cwd`), readlinkSync(`/proc/${pid}/exe`)]
        return command !== '' && where.some((text) => text.includes(folder)) ? [`${pid} ${command}`] : []
      } catch {
        return [] // ended meanwhile, or another user's
      }
    })

/** What a file of tests has left behind. */
const leftIn = async (folder: string): Promise<string> => {
  const left = (): string[] => [...processesIn(folder), ...readdirSync(folder).map((name) => `${name} in TMPDIR`)]
  for (const end = Date.now() + LEAVE_SECONDS * 1000; left().length > 0 && Date.now() < end; ) await delay(100)
  return left().join('\n')
}

/** The failed tests in the output of Node's spec reporter: the names, and what it says at its end. */
const failedTests = (output: string): string[] => {
  const end = output.indexOf('failing tests:')
  return [...output.slice(Math.max(end, 0)).matchAll(/^ *✖ (.*?) \(\d[\d.]*m?s\)$/gm)].map((m) => m[1] ?? '')
}

/** Notes the skipped tests in the output. */
const noteSkips = (file: string, output: string): void => {
  for (const [, test = '', reason = ''] of output.matchAll(/^ *﹣ (.*?) \(\d[\d.]*m?s\) # (.*)$/gm)) {
    if (reason === 'SKIP') note(file, test, 'skipped without a reason')
    else skips.set(reason, (skips.get(reason) ?? new Set()).add(`${file}: ${test}`))
  }
}

/** Runs one file; its exit code and output. Its process group is ended when it takes too long. */
const runFile = (file: string, folder: string): Promise<{ code: number | string; output: string }> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ['--test', '--test-reporter=spec', file], {
      cwd: top,
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true
    })
    children.add(child)
    const timer = setTimeout(() => endGroup(child.pid, 'SIGKILL'), FILE_SECONDS * 1000)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString('utf8')))
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      children.delete(child)
      resolve({ code: signal ?? code ?? '', output })
    })
  })

const tryFile = async (file: string, folder: string): Promise<void> => {
  mkdirSync(folder)
  chmodSync(folder, 0o755)
  const begin = performance.now()
  const { code, output } = await runFile(file, folder)
  seconds.set(file, [...(seconds.get(file) ?? []), (performance.now() - begin) / 1000])
  runs++
  const names = failedTests(output)
  noteSkips(file, output)
  const tail = output
    .slice(Math.max(output.indexOf('failing tests:'), 0))
    .split('\n')
    .slice(0, SHOWN_LINES)
    .join('\n')
  for (const name of names) note(file, name, tail)
  if (code !== 0 && names.length === 0) note(file, `ended with ${code}`, output.split('\n').slice(-SHOWN_LINES).join('\n'))
  const left = await leftIn(folder)
  if (left !== '') note(file, 'left something behind', left)
  rmSync(folder, { recursive: true, force: true })
}

/** Keeps processor and disk busy until the end. */
const startLoad = (): void => {
  const child = spawn('stress-ng', ['--cpu', '4', '--io', '2', '--quiet', '--timeout', '4h'], { stdio: 'inherit' })
  child.on('error', () => {
    say('steady: stress-ng cannot be run; apt-get install stress-ng, or go without LOAD=1')
    process.exit(1)
  })
  process.on('exit', () => child.kill('SIGTERM'))
}

/** Runs these files again with every program on a slow disk: in a mount name space where ld.so loads it into each. Ends this process with that one's exit code. */
const goSlowly = (files: readonly string[]): never => {
  const folder = mkdtempSync(join(tmpdir(), 'slow-'))
  chmodSync(folder, 0o755)
  const [library, preload] = [join(folder, 'slow-disk.so'), join(folder, 'ld.so.preload')]
  writeFileSync(preload, `${library}\n`)
  const compiled = spawnSync('cc', ['-O2', '-shared', '-fPIC', '-o', library, join(import.meta.dirname, 'slow-disk.c')], { stdio: 'inherit' })
  if (compiled.status !== 0) say('steady: cc cannot compile tools/slow-disk.c; apt-get install gcc libc6-dev, or go without SLOW=1')
  // a mount needs a file to stand on; an empty one of the machine's says nothing
  const script = `[ -e ${PRELOAD} ] || : > ${PRELOAD}; mount --bind "$1" ${PRELOAD}; shift; exec "$@"`
  const again = ['-m', '--propagation', 'private', 'sh', '-ec', script, 'sh', preload, process.execPath, import.meta.filename, ...files]
  const r = compiled.status === 0 ? spawnSync('unshare', again, { stdio: 'inherit', env: { ...process.env, SLOW: 'already' } }) : compiled
  rmSync(folder, { recursive: true, force: true })
  process.exit(r.status ?? 1)
}

const report = (): void => {
  const average = (list: number[]): number => list.reduce((a, b) => a + b, 0) / list.length
  const slowest = [...seconds].map(([file, list]) => [average(list), file] as const).sort((a, b) => b[0] - a[0])
  say(`\nslowest files, seconds on average:`)
  for (const [time, file] of slowest.slice(0, SLOWEST)) say(`${time.toFixed(1).padStart(8)}  ${file}`)
  for (const [reason, tests] of skips) say(`skipped, ${tests.size} tests: ${reason}`)
  for (const [key, { output }] of failures) say(`\n=== ${key}\n${output}`)
  say(`\n${runs} runs of ${seconds.size} files, ${failures.size} tests failed at least once`)
  for (const [key, { count }] of failures) say(`${String(count).padStart(5)} of ${ROUNDS}  ${key}`)
}

const main = async (): Promise<void> => {
  const named = process.argv.slice(2)
  if (process.env.SLOW === '1') goSlowly(named)
  const all = readdirSync(join(top, 'test'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'))
  const files = named.length > 0 ? named.map((name) => relative(top, name)) : all.map((name) => join('test', name)).sort()
  const scratch = mkdtempSync(join(tmpdir(), 's-'))
  chmodSync(scratch, 0o755)
  process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))
  if (process.env.LOAD === '1') startLoad()
  let next = 0
  for (let round = 1; round <= ROUNDS; round++) {
    say(`round ${round} of ${ROUNDS}`)
    const queue = [...files]
    const worker = async (): Promise<void> => {
      for (let file = queue.shift(); file !== undefined; file = queue.shift()) await tryFile(file, join(scratch, String(next++)))
    }
    await Promise.all(Array.from({ length: JOBS }, worker))
  }
  report()
  process.exit(failures.size > 0 ? 1 : 0)
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    for (const { pid } of children) endGroup(pid, 'SIGTERM')
    report()
    process.exit(1)
  })
}
main().catch((error: unknown) => {
  say(`steady: ${explain(error)}`)
  process.exit(1)
})
