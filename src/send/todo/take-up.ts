import { fstatSync, openSync, statSync } from 'node:fs'
import type { Bytes } from '../../core/bytes.ts'
import { errorCode } from '../../core/failure.ts'
import { readFd } from '../../core/fdio.ts'
import { closeQuietly } from '../../os/close.ts'
import { areWithin, type Notes, parseNotes } from '../../queue/notes.ts'
import { splitPath } from '../../queue/paths.ts'
import { type Routing, rewrite } from '../../queue/rewrite.ts'
import { parseTodo, type Todo } from '../../queue/todo.ts'
import { logNew } from '../log-new.ts'
import type { Message } from '../message.ts'
import { removeEnvelope } from '../removal.ts'
import { nowSeconds, type State } from '../state.ts'
import { LARGE_RECIPIENTS } from '../waiting.ts'
import { learnDestination } from './destined.ts'
import { goExpress, park, routeOf } from './express.ts'
import { channelsOf, clearLeftovers, create, writeSorted } from './sort.ts'

/** So many messages are preprocessed side by side: their syncs go out together. */
const MAX_SORTING = 32
/** Envelopes up to this size are read whole. */
const SMALL_BYTES = 65_536

/** A whole envelope, or the beginning of a large one. */
interface Read extends Todo {
  isLarge: boolean
}

/** Throws system errors. */
const readFile = (path: string): Read => {
  const fd = openSync(path, 'r')
  try {
    const { size } = fstatSync(fd)
    const buffer = Buffer.allocUnsafe(Math.min(size, SMALL_BYTES))
    const length = buffer.length === 0 ? 0 : readFd(fd, buffer)
    return { ...parseTodo(buffer.toString('latin1', 0, length)), isLarge: size > SMALL_BYTES }
  } finally {
    closeQuietly(fd)
  }
}

const readTodo = (state: State, id: number): Read | undefined => {
  try {
    return readFile(`todo/${id}`)
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOENT') return undefined
    state.log.line(code === 'EISDIR' || code === 'EIO' ? `warning: trouble reading todo/${id}` : `warning: unable to open todo/${id}`)
    state.resting.rest(id)
    return undefined
  }
}

const messageBytes = (state: State, id: number): number | undefined => {
  const path = splitPath('mess', id)
  try {
    return statSync(path).size
  } catch {
    state.log.line(`warning: unable to stat ${path}`)
    state.resting.rest(id)
    return undefined
  }
}

/** Recipients of an envelope, rewritten, by channel. */
const sortRecipients = (envelope: readonly Bytes[], routing: Routing, notes: Notes | undefined): Message['recipients'] => {
  const recipients: Message['recipients'] = { local: [], remote: [] }
  const ends = { local: 0, remote: 0 }
  for (const [index, recipient] of envelope.entries()) {
    const { channel, address } = rewrite(recipient, routing)
    recipients[channel].push({ address, at: ends[channel], isDone: false, note: notes?.recipients.get(index) })
    ends[channel] += address.length + 2
  }
  return recipients
}

/** What an envelope says of recipients and notes; notes on recipients it has not do not count, nor do those with them. */
export const sorted = (todo: Todo, routing: Routing): Pick<Message, 'recipients' | 'notes'> => {
  const parsed = todo.notes === '' ? undefined : parseNotes(todo.notes)
  const notes = parsed && areWithin(parsed, todo.recipients.length) ? parsed : undefined
  return { recipients: sortRecipients(todo.recipients, routing, notes), notes: notes?.items }
}

/** The envelope makes no sense: what has been begun is left as it is, and the envelope too, never to be looked at again as long as it is the same. */
const refuse = (state: State, message: Message, info: number): void => {
  closeQuietly(info)
  for (const channel of channelsOf(message)) {
    const fd = create(state, splitPath(channel, message.id))
    if (fd !== undefined) closeQuietly(fd)
  }
  state.log.line(`warning: unknown record type in todo/${message.id}`)
  state.resting.giveUp(message.id)
}

/** The message waits for its passes. */
const awaitPasses = (state: State, message: Message): void => {
  const { id } = message
  const channels = channelsOf(message)
  learnDestination(state, message)
  for (const channel of channels) {
    const { waiting } = state.spawners[channel]
    if (message.recipients[channel].length > LARGE_RECIPIENTS) waiting.markLarge(id)
    waiting.insert(id, nowSeconds())
  }
  if (channels.length === 0) state.done.insert(id, nowSeconds())
}

/** S4 to S5: info, local and remote are written, then the envelope goes (spec queue.md 5.4). What fails is done again after a rest. */
const preprocess = (state: State, message: Message, isValid: boolean): void => {
  const { id } = message
  const info = clearLeftovers(state, id) ? create(state, splitPath('info', id)) : undefined
  if (info !== undefined) logNew(state, message)
  if (info !== undefined && !isValid) refuse(state, message, info)
  else if (info === undefined) state.resting.rest(id)
  else sort(state, message, info)
}

/** Has the files written; the message is spoken for as long as that takes. */
const sort = (state: State, message: Message, info: number): void => {
  const { id } = message
  state.spokenFor.add(id)
  state.sorting++
  writeSorted(state, message, info, channelsOf(message), (isDurable) => {
    state.sorting--
    if (isDurable && !state.isExiting) giveUpEnvelope(state, message)
    else {
      state.spokenFor.delete(id) // at the end it is left as it is: preprocessing is done again at the next start
      if (!isDurable) state.resting.rest(id)
    }
  })
}

const giveUpEnvelope = (state: State, message: Message): void =>
  removeEnvelope(state, message.id, (isDone) => {
    state.spokenFor.delete(message.id)
    if (isDone) awaitPasses(state, message)
    else state.resting.rest(message.id)
  })

/** Is there nothing to be done about this number? */
const isLeftAlone = (state: State, id: number): boolean => {
  try {
    return state.spokenFor.has(id) || state.resting.has(id)
  } catch {
    return false // taking it up will say what is wrong
  }
}

/** Is this the bounce we are just handing over? Then its turn comes when we know that it was taken. */
const waitsForVerdict = ({ bounceOut, spokenFor }: State, id: number, { sender, recipients }: Todo): boolean => {
  if (bounceOut === undefined || sender !== bounceOut.sender || recipients.length !== 1 || recipients[0] !== bounceOut.recipient) return false
  spokenFor.add(id)
  bounceOut.waiting.push(id)
  return true
}

/** May another message be taken up now? */
export const mayTakeUp = ({ sorting }: State): boolean => sorting < MAX_SORTING

/** Deals with one message found in todo/; `isNext`: one that has waited there for room in the express lane. */
export const takeUp = (state: State, id: number, isNext = false): void => {
  if (isLeftAlone(state, id)) return
  const todo = readTodo(state, id)
  const bytes = todo && messageBytes(state, id)
  if (todo === undefined || bytes === undefined || waitsForVerdict(state, id, todo)) return
  const { uid, pid, sender, isValid } = todo
  if (todo.isLarge) {
    state.spokenFor.add(id)
    state.large.add(uid, { id, bytes })
    return
  }
  const message: Message = {
    id,
    birth: nowSeconds(),
    bytes,
    uid,
    pid,
    sender,
    ...sorted(todo, state.settings.routing),
    inLog: undefined
  }
  const route = isValid ? routeOf(state, message, isNext) : 'sort'
  if (route === 'sort') preprocess(state, message, isValid)
  else if (route !== 'express') park(state, id, route)
  else {
    logNew(state, message)
    goExpress(state, message)
  }
}
