import type { ChildProcess } from 'node:child_process'
import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import { startChild } from '../os/child.ts'
import type { Job } from '../spawn/spawner.ts'
import { cannotStart, type Ending } from './report.ts'

/** The program spec queue.md 7.3 names: $QMAILREMOTE, else `qmail-remote`; looked up in PATH when started. */
const remoteProgram = (env: Env): Bytes => env.QMAILREMOTE ?? 'qmail-remote'

/**
 * The first gear: runs qmail-remote for one delivery. It reads the message on descriptor 0; what it writes on 1 and 2 counts, in
 * the order it arrives; the delivery ends when the program has ended and nobody holds its descriptors any more.
 */
export const runRemote = (env: Env, { host, sender, recipient, fd }: Job): Promise<Ending> =>
  new Promise((resolve) => {
    let child: ChildProcess
    try {
      child = startChild(remoteProgram(env), [host, sender, recipient], { stdio: [fd, 'pipe', 'pipe'], env })
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
