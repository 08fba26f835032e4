import { closeSync, readFileSync, statSync } from 'node:fs'
import { errorCode } from '../../core/failure.ts'
import { splitPath } from '../../queue/paths.ts'
import { parseTodo, type Todo } from '../../queue/todo.ts'
import { masked } from '../log.ts'
import type { Message } from '../message.ts'
import { removeEnvelope } from '../removal.ts'
import { nowSeconds, type State } from '../state.ts'
import { goExpress, park, routeOf } from './express.ts'
import { type Routing, rewrite } from './rewrite.ts'
import { channelsOf, clearLeftovers, create, writeSorted } from './sort.ts'

const readTodo = ({ log }: State, id: number): Todo | undefined => {
  try {
    return parseTodo(readFileSync(`todo/${id}`, 'latin1'))
  } catch (error) {
    const code = errorCode(error)
    if (code === 'EISDIR' || code === 'EIO') log.line(`warning: trouble reading todo/${id}`)
    else if (code !== 'ENOENT') log.line(`warning: unable to open todo/${id}`)
    return undefined
  }
}

const messageBytes = ({ log }: State, id: number): number | undefined => {
  const path = splitPath('mess', id)
  try {
    return statSync(path).size
  } catch {
    log.line(`warning: unable to stat ${path}`)
    return undefined
  }
}

const sortRecipients = (todo: Todo, routing: Routing): Message['recipients'] => {
  const recipients: Message['recipients'] = { local: [], remote: [] }
  const ends = { local: 0, remote: 0 }
  for (const recipient of todo.recipients) {
    const { channel, address } = rewrite(recipient, routing)
    recipients[channel].push({ address, at: ends[channel], isDone: false })
    ends[channel] += address.length + 2
  }
  return recipients
}

const logNew = ({ log }: State, { id, bytes, sender, pid, uid }: Message): void => {
  log.line(`new msg ${id}`)
  if (sender !== undefined) log.line(`info msg ${id}: bytes ${bytes} from <${masked(sender)}> qp ${pid} uid ${uid}`)
}

/** The envelope makes no sense: what has been begun is left as it is, and the envelope too. */
const refuse = (state: State, message: Message, info: number): void => {
  closeSync(info)
  for (const channel of channelsOf(message)) {
    const fd = create(state, splitPath(channel, message.id))
    if (fd !== undefined) closeSync(fd)
  }
  state.log.line(`warning: unknown record type in todo/${message.id}`)
}

/** S4 to S5: info, local and remote are written, then the envelope goes (spec queue.md 5.4). Whatever fails, a later scan does it all again. */
const preprocess = (state: State, message: Message, isValid: boolean): void => {
  const { id } = message
  if (!clearLeftovers(state, id)) return
  const info = create(state, splitPath('info', id))
  if (info === undefined) return
  logNew(state, message)
  if (!isValid) {
    refuse(state, message, info)
    return
  }
  const channels = channelsOf(message)
  if (!writeSorted(state, message, info, channels)) return
  removeEnvelope(state, id, (isDone) => {
    state.spokenFor.delete(id)
    if (!isDone) return
    for (const channel of channels) state.spawners[channel].waiting.insert(id, nowSeconds())
    if (channels.length === 0) state.done.insert(id, nowSeconds())
  })
}

/** Is this the bounce we are just handing over? Then its turn comes when we know that it was taken. */
const waitsForVerdict = ({ bounceOut, spokenFor }: State, id: number, { sender, recipients }: Todo): boolean => {
  if (bounceOut === undefined || sender !== bounceOut.sender || recipients.length !== 1 || recipients[0] !== bounceOut.recipient) return false
  spokenFor.add(id)
  bounceOut.waiting.push(id)
  return true
}

/** Deals with one message found in todo/; `isNext`: one that has waited there for room in the express lane. */
export const takeUp = (state: State, id: number, isNext = false): void => {
  if (state.spokenFor.has(id)) return
  const todo = readTodo(state, id)
  const bytes = todo && messageBytes(state, id)
  if (todo === undefined || bytes === undefined || waitsForVerdict(state, id, todo)) return
  const { uid, pid, sender, isValid } = todo
  const message: Message = { id, birth: nowSeconds(), bytes, uid, pid, sender, recipients: sortRecipients(todo, state.settings.routing) }
  const route = isValid ? routeOf(state, message, isNext) : 'sort'
  if (route === 'wait') park(state, message)
  else if (route === 'sort') preprocess(state, message, isValid)
  else {
    logNew(state, message)
    goExpress(state, message)
  }
}

/** Takes up a message that has waited for room in the express lane. False when there is none, or no room. */
export const laneStep = (state: State): boolean => {
  const id = state.lane.unpark()
  if (id === undefined) return false
  state.spokenFor.delete(id)
  takeUp(state, id, true)
  return true
}
