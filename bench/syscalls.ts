import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { until } from '../test/helpers/wait.ts'
import { LOADS, type Load, measure, type Subject } from './load.ts'

const MESSAGES = 200
/** What follows the last delivery, as removals from a queue. */
const AFTER_SECONDS = 2
const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** What is counted, by name of the calls. Files and folders are counted as they come into being, the others as they are called. */
const CALLS = {
  'files created': ['open', 'openat', 'openat2', 'creat'],
  'folders created': ['mkdir', 'mkdirat'],
  'fsync, fdatasync': ['fsync', 'fdatasync'],
  syncfs: ['syncfs', 'sync'],
  'rename, link': ['rename', 'renameat', 'renameat2', 'link', 'linkat'],
  'unlink, rmdir': ['unlink', 'unlinkat', 'rmdir']
}
type Counts = Record<keyof typeof CALLS, number>
const KINDS = Object.keys(CALLS) as (keyof typeof CALLS)[]
const KIND_OF = new Map(KINDS.flatMap((kind) => CALLS[kind].map((call): [string, typeof kind] => [call, kind])))

/** Calls as strace tells of them, `NAME(ARGUMENTS) = RESULT`; those that another process interrupts are put together. */
const callsIn = (trace: string): string[] => {
  const begun = new Map<string, string>()
  return trace.split('\n').flatMap((line) => {
    const [, pid = '', text = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    const [, head] = /^(.*) <unfinished \.\.\.>$/.exec(text) ?? []
    if (head !== undefined) begun.set(pid, head)
    if (head !== undefined) return []
    const [, tail] = /^<\.\.\. \w+ resumed>(.*)$/.exec(text) ?? []
    return tail === undefined ? text : `${begun.get(pid) ?? ''}${tail}`
  })
}

/** Counts calls; a file counts as created when it was opened to be, and is not known to be there (logs and locks are opened so again and again). */
export const counted = (trace: string): Counts => {
  const counts = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Counts
  const known = new Set<string>()
  for (const call of callsIn(trace)) {
    const [, name = '', args = '', result = ''] = /^(\w+)\((.*)\)\s+= (-?\w+)/.exec(call) ?? []
    const kind = KIND_OF.get(name)
    const path = /"(?:[^"\\]|\\.)*"/.exec(args)?.[0] ?? ''
    if (kind === undefined || result.startsWith('-')) continue
    if (kind === 'unlink, rmdir') known.delete(path)
    if (kind === 'files created') {
      if (name !== 'creat' && !/O_CREAT|O_TMPFILE/.test(args)) continue
      if (known.has(path) && !/O_EXCL|O_TMPFILE/.test(args)) continue
      known.add(path)
    }
    counts[kind]++
  }
  return counts
}

/** Attaches strace to a server's processes and to all that these start; resolves when they are traced. */
const attach = async (subject: Subject, file: string): Promise<() => Promise<void>> => {
  const pids = subject.processes().map(({ pid }) => `${pid}`)
  const child = spawn(
    'strace',
    ['-f', '-e', `trace=${[...KIND_OF.keys()].join(',')}`, '-e', 'signal=none', '-o', file, ...pids.flatMap((pid) => ['-p', pid])],
    {
      stdio: ['ignore', 'ignore', 'pipe']
    }
  )
  let said = ''
  child.stderr.on('data', (data) => {
    said += String(data)
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  await until(
    () => `strace to be attached to ${subject.name}; it said: ${said}`,
    () => {
      if (child.exitCode !== null) throw new Error(`strace: ${said}`)
      return pids.every((pid) => new RegExp(`Process ${pid} attached|SEIZE, ${pid}\\)`).test(said))
    }
  )
  return async () => {
    child.kill('SIGINT')
    await ended
  }
}

/** One small round with every process traced, which makes them slower: not for speeds. */
const trace = async (subject: Subject, load: Load): Promise<Counts> => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-strace-'))
  try {
    await measure(subject, load) // not counted: programs are started, and what is made ahead has been made
    const detach = await attach(subject, join(folder, 'trace'))
    await measure(subject, load)
      .then(() => delay(AFTER_SECONDS * 1000))
      .finally(detach)
    return counted(readFileSync(join(folder, 'trace'), 'latin1'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Prints what each server asks of the file system for a message, by strace(1); or that there is none. */
export const measureCalls = async (subjects: Subject[]): Promise<void> => {
  const [first] = LOADS
  if (!first) return
  if (spawnSync('strace', ['-o', '/dev/null', 'true']).status !== 0)
    return say('\nfile creations and fsyncs: left out, there is no strace, or no leave to trace')
  const load = { ...first, messages: MESSAGES }
  say(`\n### calls a message, by strace: ${load.name}, ${MESSAGES} messages\n`)
  say(`| | ${KINDS.join(' | ')} |\n| --- |${' --- |'.repeat(KINDS.length)}`)
  for (const subject of subjects) {
    const counts = await trace(subject, load)
    say(`| ${subject.name} | ${KINDS.map((kind) => (counts[kind] / MESSAGES).toFixed(2)).join(' | ')} |`)
  }
}
