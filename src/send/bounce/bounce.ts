import { closeSync, openSync, readSync } from 'node:fs'
import { verdict } from '../../queue/codes.ts'
import { splitPath } from '../../queue/paths.ts'
import type { Submission } from '../../submit/submission.ts'
import { unlinkGone } from '../files.ts'
import type { State } from '../state.ts'
import { openDoor } from './door.ts'
import { bounceBreak, bounceFor, bounceHead } from './text.ts'

const CHUNK_BYTES = 65_536

const copyFile = async (path: string, to: Submission): Promise<void> => {
  const fd = openSync(path, 'r')
  try {
    for (;;) {
      const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES)
      const length = readSync(fd, buffer)
      if (length === 0) return
      await to.write(buffer.subarray(0, length))
    }
  } finally {
    closeSync(fd)
  }
}

type Sendable = Exclude<ReturnType<typeof bounceFor>, { kind: 'triple' }>

/** Hands the bounce to the queue. Returns its `qp`; undefined when it was not taken. Throws system errors of reading. */
const send = async (state: State, id: number, bounce: Sendable, to: Submission): Promise<number | undefined> => {
  try {
    await to.write(Buffer.from(bounceHead(bounce, state.settings, Date.now()), 'latin1'))
    await copyFile(`bounce/${id}`, to)
    await to.write(Buffer.from(bounceBreak(bounce), 'latin1'))
    await copyFile(splitPath('mess', id), to)
  } catch (error) {
    await to.abort()
    throw error
  }
  const result = await to.finish(bounce.sender, [bounce.recipient])
  return verdict(result).kind === 'ok' ? result.qp : undefined
}

/** What waited in todo/ for the verdict is taken up in the next turn. */
const letIn = (state: State): void => {
  for (const id of state.bounceOut?.waiting ?? []) {
    state.spokenFor.delete(id)
    state.found.add(id)
  }
  state.bounceOut = undefined
}

const submitBounce = async (state: State, id: number, bounce: Sendable): Promise<boolean> => {
  const { log } = state
  let door: Submission
  try {
    door = await openDoor(state.settings)
  } catch {
    log.line('warning: unable to start qmail-queue, will try later')
    return false
  }
  const { sender, recipient } = bounce
  state.bounceOut = { sender, recipient, waiting: [] }
  const qp = await send(state, id, bounce, door).catch(() => undefined)
  if (qp === undefined) log.line('warning: trouble injecting bounce message, will try later')
  else log.line(`bounce msg ${id} qp ${qp}`)
  letIn(state)
  return qp !== undefined
}

/**
 * Sends the failures noted in bounce/ID (it is there) to the sender, or to the postmaster, or nowhere, and removes it (spec queue.md 5.10).
 * False, with a warning: not done, to be tried again.
 */
export const sendBounce = async (state: State, id: number, sender: string): Promise<boolean> => {
  const bounce = bounceFor(sender, state.settings)
  if (bounce.kind === 'triple') state.log.line(`triple bounce: discarding bounce/${id}`)
  else if (!(await submitBounce(state, id, bounce))) return false
  const isGone = unlinkGone(`bounce/${id}`)
  if (!isGone) state.log.line(`warning: unable to unlink bounce/${id}`)
  return isGone
}
