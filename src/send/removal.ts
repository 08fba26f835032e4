import type { State } from './state.ts'

/**
 * Has the message's last files (intd, mess) removed. The number is free from now on: as it is an inode's, it is used again as soon as mess/ID has gone,
 * and a new message may have it, in todo/ or in the commit log, before qmail-clean's answer comes. The answer is the old one's (docs/internals.md, What is promised).
 */
export const removeMessage = (state: State, id: number): void => {
  state.spokenFor.delete(id)
  state.ctl.forget(id)
  state.departures.cleaning(id)
  state.cleaner.ask('foop', id, (isDone) => {
    if (!isDone) state.log.line(`warning: qmail-clean unable to clean up foop/${id}`)
    state.departures.cleaned(id)
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
