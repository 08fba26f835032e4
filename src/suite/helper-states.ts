import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readIfThere } from '../core/if-there.ts'

/** What became of a helper, and when. */
export interface HelperState {
  name: string
  state: 'running' | 'ended'
  /** Since when, in seconds. */
  since: number
  /** How it ended: its exit code, or a signal. */
  how: string
}

/** Written by qmail-start, below run/: its process id, then a line for each helper it has started. */
const FILE = 'helpers'

export interface HelperStates {
  /** Of the qmail-start that wrote them. */
  pid: number
  states: readonly HelperState[]
}

/** Leaves it for qmail-showctl how the helpers are; in their place: a reader finds all or nothing. Throws system errors. */
export const writeHelperStates = (home: string, { pid, states }: HelperStates): void => {
  const file = join(home, 'run', FILE)
  const lines = states.map(({ name, state, since, how }) => `${name} ${state} ${since} ${how}\n`)
  const mask = process.umask(0o022)
  try {
    writeFileSync(`${file}.tmp`, `${pid}\n${lines.join('')}`, 'latin1')
    renameSync(`${file}.tmp`, file)
  } finally {
    process.umask(mask)
  }
}

/** What qmail-start has left; undefined where there was none yet. Throws system errors. */
export const readHelperStates = (home: string): HelperStates | undefined => {
  const text = readIfThere(join(home, 'run', FILE))
  if (text === undefined) return undefined
  const [pid, ...lines] = text.split('\n')
  const states = lines.flatMap((line) => {
    const [, name, state, since, how] = /^(\S+) (running|ended) (\d+) (.*)$/.exec(line) ?? []
    return name === undefined ? [] : [{ name, state: state as HelperState['state'], since: Number(since), how: how ?? '' }]
  })
  return { pid: Number(pid), states }
}
