import type { ChildProcess } from 'node:child_process'
import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import { startChild } from '../os/child.ts'
import type { NotesText } from '../queue/notes.ts'
import { NOTES_VARIABLE } from '../queue/notes-variable.ts'
import { remoteVariable } from '../spawn/remote-variable.ts'
import type { Job } from '../spawn/spawner.ts'
import { cannotStart, type Ending } from './report.ts'

/** The program spec queue.md 7.3 names: $QMAILREMOTE, else `qmail-remote`; looked up in PATH when started. */
const remoteProgram = (env: Env): Bytes => env.QMAILREMOTE ?? 'qmail-remote'

/** The environment of a qmail-remote that is run for this delivery: it says what the sender asked for, if anything. */
const envFor = (env: Env, args: readonly Bytes[], notes: NotesText | undefined): Env => {
  const variable = notes === undefined ? undefined : remoteVariable(args, notes)
  return variable === undefined ? env : { ...env, [NOTES_VARIABLE]: variable }
}

/**
 * The first gear: runs qmail-remote for one delivery. It reads the message on descriptor 0; what it writes on 1 and 2 counts, in
 * the order it arrives; the delivery ends when the program has ended and nobody holds its descriptors any more.
 */
export const runRemote = (env: Env, { host, sender, recipient, notes, fd }: Job): Promise<Ending> =>
  new Promise((resolve) => {
    const args = [host, sender, recipient]
    let child: ChildProcess
    try {
      child = startChild(remoteProgram(env), args, { stdio: [fd, 'pipe', 'pipe'], env: envFor(env, args, notes) })
    } catch (error) {
      resolve(cannotStart(error, env.QMAILREMOTE === undefined))
      return
    }
    const output: Buffer[] = []
    const keep = (chunk: Buffer): void => {
      output.push(chunk)
    }
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', keep)
      // the end of the stream says the same
      stream?.on('error', () => {})
    }
    child.on('error', (error) => resolve(cannotStart(error, env.QMAILREMOTE === undefined)))
    child.on('close', (code) => resolve({ code: code ?? 'crashed', output: Buffer.concat(output).toString('latin1') }))
  })
