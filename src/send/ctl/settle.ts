import { closeSync, openSync, writeSync } from 'node:fs'
import type { Bytes } from '../../core/bytes.ts'
import { explain } from '../../core/failure.ts'
import { readIfThere } from '../../core/if-there.ts'
import { unlinkGone } from '../../os/unlink.ts'
import { type Info, readInfo } from '../../queue/info.ts'
import { notesOn, wants } from '../../queue/notes.ts'
import { CHANNELS, type Channel, splitPath } from '../../queue/paths.ts'
import { withoutPrepend } from '../../queue/rewrite.ts'
import { noteFailures } from '../bounce/note.ts'
import { paragraph } from '../bounce/text.ts'
import { exists } from '../files.ts'
import { AGAIN_SECONDS, nowSeconds, type State } from '../state.ts'
import type { Doom } from './control.ts'

/** What the sender is told of a recipient that an administrator had bounced. */
const BOUNCED = 'The administrator of this system has decided not to try any further.\n'

interface ChannelFile {
  path: string
  channel: Channel
  text: Bytes
}

/** The files of the channels that have recipients left. Throws system errors. */
const channelFiles = (id: number): ChannelFile[] =>
  CHANNELS.flatMap((channel) => {
    const path = splitPath(channel, id)
    const text = readIfThere(path)
    return text === undefined ? [] : [{ path, channel, text }]
  })

/** The addresses of the records that are not done, and where they begin. What lacks its NUL at the end does not count. */
const undone = (text: Bytes): { at: number; address: Bytes }[] => {
  const found: { at: number; address: Bytes }[] = []
  for (let at = 0, end = text.indexOf('\0'); end >= 0; at = end + 1, end = text.indexOf('\0', at))
    if (text[at] === 'T') found.push({ at, address: text.slice(at + 1, end) })
  return found
}

/** What the sender is told of each recipient it wants to hear of: the last answer, if there was one. */
const paragraphs = ({ settings, ctl: { memory } }: State, id: number, { notes, birth }: Info, { channel, text }: ChannelFile): Bytes => {
  const asked = notesOn(notes, channel)
  return undone(text)
    .filter(({ at }) => wants(asked?.get(at), 'F'))
    .map(({ address }) => {
      const answer = memory.answer({ id, birth, channel, address })
      return paragraph(withoutPrepend(address, settings.routing.virtualdomains), answer === undefined ? BOUNCED : `${answer.text}\n${BOUNCED}`)
    })
    .join('')
}

/** Marks every recipient done: in place, so that each is either done or not. */
const markAll = ({ path, text }: ChannelFile): void => {
  const bytes = Buffer.from(text, 'latin1')
  for (const { at } of undone(text)) bytes.write('D', at, 'latin1')
  const fd = openSync(path, 'r+')
  try {
    writeSync(fd, bytes, 0, bytes.length, 0)
  } finally {
    closeSync(fd)
  }
}

const mustGo = (path: string): void => {
  if (!unlinkGone(path)) throw new Error(`unable to unlink ${path}`)
}

/** It is on no list any more: no pass begins. */
const retire = (state: State, id: number): void => {
  for (const channel of CHANNELS) {
    const { waiting, arrivals, turns } = state.spawners[channel]
    waiting.remove(id)
    turns.forget(id)
    const at = arrivals.findIndex((arrival) => arrival.id === id)
    if (at >= 0) arrivals.splice(at, 1)
  }
}

/** Its files say on which lists it belongs. */
const putBack = (state: State, id: number): void => {
  const due = nowSeconds() + AGAIN_SECONDS
  const channels = CHANNELS.filter((channel) => exists(splitPath(channel, id)))
  for (const channel of channels) if (!state.ctl.keeps(id, channel, due)) state.spawners[channel].waiting.insert(id, due)
  if (channels.length === 0) state.done.insert(id, due)
}

/** Throws system errors, and Error when a file stays. */
const carryOut = (state: State, id: number, doom: Doom): void => {
  const files = channelFiles(id)
  if (doom === 'delete') mustGo(`bounce/${id}`)
  const info = doom === 'bounce' ? readInfo(id) : undefined
  const failures = info === undefined ? '' : files.map((file) => paragraphs(state, id, info, file)).join('')
  if (failures !== '') noteFailures(id, failures)
  for (const file of files) markAll(file)
  for (const { path, channel } of files) {
    mustGo(path)
    state.spawners[channel].waiting.forget(id)
  }
}

/**
 * Ends a message that has no delivery running: its recipients are marked done, and the done list sees to the bounce and its files, as ever. Returns what went wrong,
 * undefined: nothing. Then it waits for its next pass, though some recipients may be noted as failed already.
 */
export const end = (state: State, id: number, doom: Doom): string | undefined => {
  retire(state, id)
  try {
    carryOut(state, id, doom)
  } catch (error) {
    putBack(state, id)
    return explain(error)
  }
  state.log.line(`qctl: ${doom} msg ${id}`)
  state.ctl.holds.forget(id)
  state.done.insert(id, nowSeconds())
  return undefined
}

/** The same for a message whose last delivery has just been reported. */
export const settle = (state: State, id: number): void => {
  const doom = state.ctl.doomed.get(id)
  state.ctl.doomed.delete(id)
  const trouble = doom && end(state, id, doom)
  if (trouble !== undefined) state.log.line(`warning: unable to ${doom} msg ${id}: ${trouble}; it will be tried again`)
}
