import { type Info, readInfo } from '../queue/info.ts'
import { splitPath } from '../queue/paths.ts'
import { sendBounce } from './bounce/bounce.ts'
import { handingOver } from './bounce/hand-over.ts'
import { exists } from './files.ts'
import { removeMessage } from './removal.ts'
import { AGAIN_SECONDS, nowSeconds, type State } from './state.ts'

type Look = 'there' | 'missing' | 'trouble'

const look = ({ log }: State, path: string, note: string): Look => {
  try {
    return exists(path) ? 'there' : 'missing'
  } catch {
    log.line(`warning: unable to stat ${path}${note}`)
    return 'trouble'
  }
}

const NOTE = '; will try again later'

/** Is the message really done? `stop`: no, somebody still works on it, or it is gone already. */
const isDone = (state: State, id: number): 'yes' | 'stop' | 'again' => {
  for (const path of [splitPath('local', id), splitPath('remote', id), `todo/${id}`]) {
    const seen = look(state, path, NOTE)
    if (seen !== 'missing') return seen === 'there' ? 'stop' : 'again'
  }
  const info = look(state, splitPath('info', id), NOTE)
  if (info === 'trouble') return 'again'
  return info === 'there' ? 'yes' : 'stop'
}

const again = (state: State, id: number): void => state.done.insert(id, nowSeconds() + AGAIN_SECONDS)

/** The message leaves the queue. */
const leave = (state: State, id: number): void => {
  state.log.line(`end msg ${id}`)
  const info = splitPath('info', id)
  state.departures.unlink(id, info, (isGone) => {
    if (isGone) return removeMessage(state, id)
    state.log.line(`warning: unable to unlink ${info}; will try again later`)
    again(state, id)
  })
}

const bounceThenLeave = async (state: State, id: number): Promise<void> => {
  let info: Info
  try {
    info = readInfo(id)
  } catch {
    state.log.line(`warning: trouble reading ${splitPath('info', id)}; will try again later`)
    return again(state, id)
  }
  const outcome = await sendBounce(state, id, info)
  if (outcome === 'done') leave(state, id)
  else state.done.insert(id, nowSeconds() + outcome.waitSeconds)
}

/** Finishes one message of the done list that is due (spec queue.md 5.10). False when there is none, or a bounce is still being handed over. */
export const finishStep = (state: State): boolean => {
  if (state.isBouncing) return false
  const id = state.done.takeDue(nowSeconds())
  if (id === undefined) return false
  if (state.departures.isUnlinking(id)) return true
  const owed = state.successes.find((notice) => notice.id === id)
  if (owed) {
    state.done.insert(id, Math.max(owed.due, nowSeconds() + 1))
    return true
  }
  const verdict = isDone(state, id)
  if (verdict === 'again') again(state, id)
  if (verdict !== 'yes') return true
  const bounce = look(state, `bounce/${id}`, '')
  if (bounce === 'missing') leave(state, id)
  else if (bounce === 'trouble') again(state, id)
  else handingOver(state, () => bounceThenLeave(state, id))
  return true
}
