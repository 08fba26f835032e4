import { opendirSync, readFileSync, statSync } from 'node:fs'
import type { ListedMessage } from '../../queue/ctl-wire.ts'
import { CHANNELS, SPLIT, splitPath } from '../../queue/paths.ts'
import type { Matcher } from '../../queue/selection.ts'
import { parseTodo } from '../../queue/todo.ts'
import { exists, mtimeSeconds } from '../files.ts'
import type { State } from '../state.ts'
import { numberOf } from '../todo/scan.ts'
import { sorted } from '../todo/take-up.ts'
import { describe, describeHeld, describeNew } from './describe.ts'

/** Envelopes in todo/ above this size are not read for a list. */
const MAX_ENVELOPE_BYTES = 1_048_576

function* numbersIn(folder: string): Generator<number> {
  const dir = opendirSync(folder)
  try {
    for (let entry = dir.readSync(); entry !== null; entry = dir.readSync()) {
      const id = numberOf(entry.name)
      if (id !== undefined) yield id
    }
  } finally {
    dir.closeSync()
  }
}

/** A message whose envelope waits in todo/. */
const describeTodo = (state: State, id: number): ListedMessage | undefined => {
  const file = statSync(`todo/${id}`, { throwIfNoEntry: false })
  if (file === undefined) return undefined
  const envelope = file.size > MAX_ENVELOPE_BYTES ? '' : readFileSync(`todo/${id}`, 'latin1')
  const todo = parseTodo(envelope)
  const { uid, pid, sender, isValid } = todo
  const bytes = statSync(splitPath('mess', id), { throwIfNoEntry: false })?.size ?? 0
  const why = isValid ? 'it waits in todo to be taken up' : 'its envelope makes no sense: qmail-send leaves it alone'
  return describeNew({ id, birth: mtimeSeconds(file), bytes, uid, pid, sender, ...sorted(todo, state.settings.routing), inLog: undefined }, 'new', why)
}

/** The message of this number, wherever it stands; undefined: there is none. Throws system errors. */
const find = (state: State, id: number): ListedMessage | undefined => {
  const held = state.lane.get(id)
  if (held !== undefined) return describeHeld(held)
  for (const message of state.arrivals.messages()) if (message.id === id) return describeNew(message, 'new', 'it waits for room in the express lane')
  return exists(`todo/${id}`) ? describeTodo(state, id) : describe(state, id)
}

/** All numbers there are: preprocessed ones folder by folder, then those that have just come. Some may have gone when their turn comes. Throws system errors. */
function* numbers(state: State, matcher: Matcher): Generator<number> {
  const isNew = new Set<number>()
  for (const held of state.lane.messages()) isNew.add(held.id)
  for (const { id } of state.arrivals.messages()) isNew.add(id)
  for (const id of numbersIn('todo')) isNew.add(id)
  for (let n = 0; n < SPLIT; n++) {
    for (const id of numbersIn(`info/${n}`)) if (!isNew.has(id) && matcher.mayMatch(id, state.ctl.memory.domains(id, waitingOn(state, id)))) yield id
  }
  for (const id of isNew) if (matcher.mayMatch(id)) yield id
}

/** The channels somebody is left on, as far as the lists say; none: not known. */
const waitingOn = ({ spawners, ctl }: State, id: number): (typeof CHANNELS)[number][] => {
  const channels = CHANNELS.filter((channel) => spawners[channel].waiting.dueOf(id) !== undefined || ctl.holds.parked(id).has(channel))
  return channels.length > 0 && ctl.jobs(id).length === 0 ? channels : [...CHANNELS]
}

/** What a look at one number came to. */
export type Found = { id: number; message: ListedMessage | undefined } | { id: number; trouble: unknown }

/** Looks at the messages that may be meant, one by one. Throws system errors of the folders. */
export function* walk(state: State, matcher: Matcher): Generator<Found> {
  for (const id of matcher.ids ?? numbers(state, matcher)) {
    try {
      yield { id, message: find(state, id) }
    } catch (trouble) {
      yield { id, trouble }
    }
  }
}
