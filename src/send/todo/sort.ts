import { futimesSync, openSync } from 'node:fs'
import type { Bytes } from '../../core/bytes.ts'
import { writeFd } from '../../core/fdio.ts'
import { closeQuietly } from '../../os/close.ts'
import { syncFileLater } from '../../os/durable.ts'
import { unlinkGone } from '../../os/unlink.ts'
import { infoText, type NotesText, packInfoNotes } from '../../queue/notes.ts'
import { CHANNELS, type Channel, SPLIT, splitPath } from '../../queue/paths.ts'
import type { Message, Recipient } from '../message.ts'
import type { State } from '../state.ts'

/** Removes what an interrupted preprocessing may have left. False, with a warning: it is still there. */
export const clearLeftovers = ({ log }: State, id: number): boolean => {
  const stays = (['local', 'remote', 'info'] as const).map((folder) => splitPath(folder, id)).find((path) => !unlinkGone(path))
  if (stays !== undefined) log.line(`warning: unable to unlink ${stays}`)
  return stays === undefined
}

/** Creates a file that must not be there yet. Returns its descriptor; undefined, with a warning, when it cannot. */
export const create = ({ log }: State, path: string): number | undefined => {
  try {
    return openSync(path, 'wx', 0o600)
  } catch {
    log.line(`warning: unable to create ${path}`)
    return undefined
  }
}

const attempt = ({ log }: State, complaint: string, work: () => void): boolean => {
  try {
    work()
    return true
  } catch {
    log.line(`warning: ${complaint}`)
    return false
  }
}

interface Target {
  path: string
  folder: string
  fd: number
  text: Bytes
}

const recordsOf = (recipients: readonly Recipient[]): Bytes => recipients.map(({ address, isDone }) => `${isDone ? 'D' : 'T'}${address}\0`).join('')

/** The message's notes as they stand in info/. */
const notesOf = ({ notes, recipients }: Message): NotesText => {
  if (notes === undefined) return ''
  const placed = CHANNELS.flatMap((channel) => recipients[channel].flatMap(({ at, address, note }) => (note ? [{ ...note, channel, at, address }] : [])))
  return packInfoNotes(notes, placed)
}

/** Creates the channel files, all that can be; the result is undefined if one could not. */
const openTargets = (state: State, message: Message, infoFd: number, channels: readonly Channel[], opened: Target[]): boolean => {
  const { id, sender, recipients } = message
  opened.push({ path: splitPath('info', id), folder: `info/${id % SPLIT}`, fd: infoFd, text: sender === undefined ? '' : infoText(sender, notesOf(message)) })
  for (const channel of channels) {
    const path = splitPath(channel, id)
    const fd = create(state, path)
    if (fd === undefined) return false
    opened.push({ path, folder: `${channel}/${id % SPLIT}`, fd, text: recordsOf(recipients[channel]) })
  }
  return true
}

/** Resolves with true when all that is written is on the disk: contents first, then names; with false, and warnings, when not. */
const syncAll = async ({ log, folders }: State, targets: readonly Target[]): Promise<boolean> => {
  const told = (what: string, work: Promise<void>): Promise<boolean> =>
    work.then(
      () => true,
      () => {
        log.line(`warning: trouble fsyncing ${what}`)
        return false
      }
    )
  const contents = await Promise.all(targets.map(({ path, fd }) => told(path, syncFileLater(fd))))
  if (contents.includes(false)) return false
  const names = await Promise.all(targets.map(({ folder }) => told(folder, folders.sync(folder))))
  return !names.includes(false)
}

/**
 * Writes info (created already, `infoFd`, closed here) and the files of these channels, and has them made durable while the loop goes on. The time of info is the
 * message's birth, also where it has been in the express lane since. `then` hears whether all of that worked, and so whether the message's envelope may
 * go from todo/; it does not before this returns. What did not work is logged.
 */
export const writeSorted = (state: State, message: Message, infoFd: number, channels: readonly Channel[], then: (isDurable: boolean) => void): void => {
  const targets: Target[] = []
  const isWritten =
    openTargets(state, message, infoFd, channels, targets) &&
    targets.every(({ path, fd, text }) => attempt(state, `trouble writing to ${path}`, () => writeFd(fd, text))) &&
    attempt(state, `trouble setting the time of ${splitPath('info', message.id)}`, () => futimesSync(infoFd, message.birth, message.birth))
  const synced = isWritten ? syncAll(state, targets) : Promise.resolve(false)
  void synced.then((isDurable) => {
    for (const { fd } of targets) closeQuietly(fd)
    then(isDurable)
    state.wake()
  })
}

/** The channels a message has recipients on. */
export const channelsOf = (message: Message): Channel[] => CHANNELS.filter((channel) => message.recipients[channel].length > 0)
