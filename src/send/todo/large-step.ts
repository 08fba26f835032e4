import { reason } from '../../core/failure.ts'
import { logNew } from '../log-new.ts'
import { removeEnvelope } from '../removal.ts'
import { nowSeconds, type State } from '../state.ts'
import { LARGE_RECIPIENTS } from '../waiting.ts'
import { LargeSort } from './large.ts'
import type { LargeEnvelope, Sorting, Submitter } from './large-queue.ts'
import { clearLeftovers } from './sort.ts'

/** Goes on with the large envelopes by one piece of one. False when there are none. */
export const largeStep = (state: State): boolean => state.large.turn((submitter) => turnOf(state, submitter))

const turnOf = (state: State, submitter: Submitter): void => {
  submitter.sorting ??= begin(state, submitter.waiting.shift())
  const { sorting } = submitter
  if (sorting === undefined) return
  const isMore = readOn(state, sorting)
  if (isMore !== true) submitter.sorting = undefined
  if (isMore === undefined) return
  if (!isMore || sorting.sort.reader.sender !== undefined) logOnce(state, sorting)
  if (!isMore) end(state, sorting)
}

const begin = (state: State, envelope: LargeEnvelope | undefined): Sorting | undefined => {
  if (envelope === undefined) return undefined
  const { id } = envelope
  if (clearLeftovers(state, id)) {
    try {
      return { ...envelope, sort: new LargeSort(state.settings.routing, id), isLogged: false }
    } catch (error) {
      state.log.line(`warning: unable to preprocess todo/${id}: ${reason(error)}`)
    }
  }
  letRest(state, id)
  return undefined
}

/** True: there is more. Undefined: it failed, and rests. */
const readOn = (state: State, sorting: Sorting): boolean | undefined => {
  try {
    return sorting.sort.readOn()
  } catch (error) {
    fail(state, sorting, error)
    return undefined
  }
}

/** All of it has been read. */
const end = (state: State, sorting: Sorting): void => {
  const { id, sort } = sorting
  if (!sort.reader.isValid) {
    sort.close()
    state.log.line(`warning: unknown record type in todo/${id}`)
    state.resting.giveUp(id)
    state.spokenFor.delete(id)
    return
  }
  void sort
    .finish(state.folders)
    .then(
      () => {
        sort.close()
        sorted(state, sort)
      },
      (error: unknown) => fail(state, sorting, error)
    )
    .finally(() => state.wake())
}

const letRest = (state: State, id: number): void => {
  state.resting.rest(id)
  state.spokenFor.delete(id)
}

const fail = (state: State, { id, sort }: Sorting, error: unknown): void => {
  sort.close()
  state.log.line(`warning: unable to preprocess todo/${id}: ${reason(error)}`)
  letRest(state, id)
}

const logOnce = (state: State, sorting: Sorting): void => {
  if (sorting.isLogged) return
  sorting.isLogged = true
  const { uid, pid, sender } = sorting.sort.reader
  logNew(state, { id: sorting.id, bytes: sorting.bytes, uid, pid, sender })
}

/** S4 to S5: the envelope goes, then its channels have work. */
const sorted = (state: State, { id, channels, counts }: LargeSort): void => {
  if (state.isExiting) return // it is done again at the next start
  removeEnvelope(state, id, (isDone) => {
    if (!isDone) return letRest(state, id)
    state.spokenFor.delete(id)
    for (const channel of channels) {
      const { waiting } = state.spawners[channel]
      if (counts[channel] > LARGE_RECIPIENTS) waiting.markLarge(id)
      waiting.insert(id, nowSeconds())
    }
    if (channels.length === 0) state.done.insert(id, nowSeconds())
  })
}
