import { readFileSync } from 'node:fs'
import { errorCode, reason, Temporary } from '../core/failure.ts'
import { type HelperStates, readHelperStates } from '../suite/helper-states.ts'
import { type Helper, helpers } from '../suite/helpers.ts'

const at = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`

/** Is the qmail-start of this number still there? Where /proc hides others' processes, whoever has the number is taken for it. */
const isThere = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1').trim() === 'qmail-start'
  } catch {
    return isAnybody(pid)
  }
}

const isAnybody = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errorCode(error) === 'EPERM'
  }
}

/** What qmail-start says of a helper, while it is there itself. */
const stateOf = (name: string, isWanted: boolean, seen: HelperStates | undefined): string => {
  const found = seen?.states.find((state) => state.name === name)
  if (found?.state === 'running')
    return isWanted ? `, running since ${at(found.since)}` : `, but still running, since ${at(found.since)}, until qmail-start ends`
  if (found?.state === 'ended') return isWanted ? `, but it ended at ${at(found.since)} with ${found.how}; qmail-start starts it again` : ''
  if (!isWanted) return ''
  return seen === undefined ? ', but qmail-start is not running' : ', but not running: qmail-start has to be started anew'
}

const helperText = (home: string, { name, args = [], wanted }: Helper, seen: HelperStates | undefined): string => {
  const called = [name, ...args].join(' ')
  try {
    const { is, why } = wanted(home)
    return `helper ${called} is ${is ? 'on' : 'off'} (${why})${stateOf(name, is, seen)}.`
  } catch (error) {
    if (error instanceof Temporary) return `helper ${called} is not started: ${error.message}.`
    throw error
  }
}

const seenStates = (home: string): HelperStates | undefined => {
  try {
    const states = readHelperStates(home)
    return states !== undefined && isThere(states.pid) ? states : undefined
  } catch (error) {
    throw new Temporary(`unable to read run/: ${reason(error)}`, { cause: error })
  }
}

/** For each helper of qmail-start: is it on or off, by what, and since when (spec modern.md 0.1). Throws Temporary. */
export const helpersBlock = (home: string): string => {
  const seen = seenStates(home)
  return `\n${helpers.map((helper) => `${helperText(home, helper, seen)}\n`).join('')}`
}
