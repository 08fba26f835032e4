import type { ToSend } from '../../log/wire.ts'
import { parseTodo } from '../../queue/todo.ts'
import { logNew } from '../log-new.ts'
import type { Message } from '../message.ts'
import { LANE_AGAIN_SECONDS, later, nowSeconds, type State } from '../state.ts'
import { goExpress, leaveExpress, routeOf } from './express.ts'
import { sorted, takeUp } from './take-up.ts'

type Arrival = Extract<ToSend, { kind: 'new' }>

const messageOf = (state: State, { number, place, bytes, envelope }: Arrival): Message => {
  const todo = parseTodo(envelope)
  const { uid, pid, sender } = todo
  return { id: number, birth: nowSeconds(), bytes, uid, pid, sender, ...sorted(todo, state.settings.routing), inLog: place }
}

/** Is this the bounce we are just handing over? Then its turn comes when we know that it was taken. */
const isBounceOut = ({ bounceOut }: State, { sender, recipients: { local, remote } }: Message): boolean =>
  bounceOut !== undefined && sender === bounceOut.sender && local.length + remote.length === 1

/** Has a message that was not begun become files, and takes it up from todo/. What fails is tried again. */
const toFiles = (state: State, message: Message): void => {
  const { id } = message
  state.spokenFor.add(id)
  state.commits?.spill(id, (answer) => {
    if (answer === 'unspilled') return later(state, LANE_AGAIN_SECONDS, () => toFiles(state, message))
    state.spokenFor.delete(id)
    if (answer === 'spilled') takeUp(state, id)
  })
}

/** What becomes of a message of the commit log: as from todo/, but that it is in no file. `isNext`: it has waited already. */
const admit = (state: State, message: Message, isNext: boolean): void => {
  const route = state.commits?.isClosing ? 'sort' : routeOf(state, message, isNext)
  if (route === 'sort') toFiles(state, message)
  else if (route === 'express') {
    logNew(state, message)
    goExpress(state, message)
  } else {
    state.arrivals.add(message, route)
    state.lane.park(message.id, route)
  }
}

/** The message of the log that has waited longest becomes files. False: none waits. */
const giveUpFirst = (state: State): boolean => {
  const { first } = state.arrivals
  if (first === undefined) return false
  state.arrivals.take(first.message.id)
  state.lane.unparkFrom(first.message.id, first.place)
  toFiles(state, first.message)
  return true
}

/** Everything in the log becomes files: qmail-queued wants to go. */
const clear = (state: State): boolean => {
  const { commits, lane } = state
  const logged = [...lane.messages()].filter(({ inLog }) => inLog !== undefined)
  for (const held of logged) if (!held.isLeaving) leaveExpress(state, held)
  if (giveUpFirst(state)) return true
  if (logged.length === 0 && !commits?.isBusy) commits?.end()
  return false
}

/** Takes up what has come into the log, and has what waits for too long become files. False when there was nothing to do. */
export const arrivalStep = (state: State): boolean => {
  const { commits, arrivals } = state
  if (commits === undefined) return false
  const fresh = [...(state.bounceOut === undefined ? arrivals.bounces.splice(0) : []), ...commits.take()]
  for (const arrival of fresh) {
    const message = messageOf(state, arrival)
    if (isBounceOut(state, message)) arrivals.bounces.push(arrival)
    else admit(state, message, false)
  }
  if (commits.isClosing) return clear(state)
  const isLate = arrivals.due !== undefined && arrivals.due <= nowSeconds() && giveUpFirst(state)
  return fresh.length > 0 || isLate
}

/** Takes up a message that has waited for room in the express lane, in todo/ or in the commit log. False when there is none, or no room. */
export const laneStep = (state: State): boolean => {
  const id = state.lane.unpark()
  if (id === undefined) return false
  const message = state.arrivals.take(id)
  if (message !== undefined) admit(state, message, true)
  else {
    state.spokenFor.delete(id)
    takeUp(state, id, true)
  }
  return true
}
