import { join } from 'node:path'
import type { Bytes } from '../core/bytes.ts'
import { isOwn } from '../os/own.ts'
import { NOTES_VARIABLE, notesInVariable, notesVariable } from '../queue/notes-variable.ts'
import { doorFor } from './door.ts'
import { submitThroughDrop } from './drop.ts'
import { recordBytes, type Submission, type Submitter } from './submission.ts'
import { submitAsQmailq, submitThroughWriter } from './writer.ts'

/** A queue program learns of notes by its environment. */
const withVariable = (from: Submitter): Submitter => {
  const { env, noted } = from
  if (noted === undefined) return from
  return { ...from, env: { ...env, [NOTES_VARIABLE]: notesVariable(recordBytes(noted.sender, noted.recipients), noted.notes) } }
}

/** Does this process deal with one message? Those that run under Bun do. */
const isOnce = (): boolean => process.versions.bun !== undefined

const throughChild = async (given: Submitter): Promise<Submission> => {
  const from = withVariable(given)
  if (isOnce()) return (await import('./piped-child.ts')).submitThroughPipes(from)
  const { submitThroughChild } = await import('./child.ts') // few need it, and it costs its callers node:child_process
  return submitThroughChild(from)
}

/** What $QMAILESMTP says counts for a message that brings no notes of its own, as it would with qmail-queue. */
const withInherited = (submission: Submission, variable: Bytes): Submission => ({
  qp: submission.qp,
  write: (chunk) => submission.write(chunk),
  finish: (sender, recipients, notes) => submission.finish(sender, recipients, notes ?? notesInVariable(variable, recordBytes(sender, recipients))),
  abort: () => submission.abort()
})

/**
 * Starts handing a message to the queue, through the door that fits (docs/internals.md, Who can reach what): $QMAILQUEUE or a wrapper in bin/ is run; root becomes
 * qmailq, in a child unless this is its last deed; everybody else writes to the drop folder within this process, or to the queue where it is its own. Chunks handed
 * over must not be changed afterwards. Throws Temporary when none can be opened.
 */
export const submit = async (from: Submitter): Promise<Submission> => {
  const program = join(from.home, 'bin', 'qmail-queue')
  if (from.env.QMAILQUEUE !== undefined || !isOwn(program, 'qmail-queue')) return throughChild(from)
  const door = doorFor(from.home)
  if (door === 'become' && !from.isLast) return throughChild(from)
  const within = door === 'drop' ? submitThroughDrop(from.home) : door === 'writer' ? submitThroughWriter(from.home) : submitAsQmailq(from.home)
  const variable = from.env[NOTES_VARIABLE]
  return variable === undefined ? within : withInherited(within, variable)
}
