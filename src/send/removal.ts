import { exists } from './files.ts'
import type { State } from './state.ts'

/**
 * A number is no longer spoken for. Numbers are inode numbers and used again at once: a new message may have been standing in todo/
 * under this one since before qmail-clean's answer came, and scans have passed it over. So look again, always (docs/internals.md, What is promised).
 */
const release = (state: State, id: number): void => {
  state.spokenFor.delete(id)
  try {
    if (exists(`todo/${id}`)) state.found.add(id)
  } catch {
    state.found.add(id) // in doubt there is a message; taking it up tells
  }
}

/** Has the message's last files (intd, mess) removed. The number is free then. */
export const removeMessage = (state: State, id: number): void => {
  state.spokenFor.add(id)
  state.ctl.forget(id)
  state.cleaner.ask('foop', id, (isDone) => {
    if (!isDone) state.log.line(`warning: qmail-clean unable to clean up foop/${id}`)
    release(state, id)
  })
}

/** Has the envelope of a message removed from todo/. `then` hears whether that worked; if not it is logged. */
export const removeEnvelope = (state: State, id: number, then: (isDone: boolean) => void): void => {
  state.spokenFor.add(id)
  state.cleaner.ask('todo', id, (isDone) => {
    if (!isDone) state.log.line(`warning: qmail-clean unable to clean up todo/${id}`)
    then(isDone)
  })
}
