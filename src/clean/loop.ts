import { readSync } from 'node:fs'
import { Exit } from '../core/exit.ts'
import { errorCode } from '../core/failure.ts'
import { writeFd } from '../core/fdio.ts'
import { CleanCommands } from './clean.ts'

const FD = { commands: 0, answers: 1 } as const
const CHUNK_BYTES = 8192

/** Answers what these bytes ask for, in one write. False: nobody takes the answers any more. */
const answer = (commands: CleanCommands, chunk: Buffer): boolean => {
  const answers = commands.push(chunk)
  try {
    if (answers !== '') writeFd(FD.answers, answers)
    return true
  } catch {
    return false
  }
}

/** For a descriptor somebody left non-blocking: waits for its bytes in the event loop. */
const serveAsync = async (commands: CleanCommands): Promise<number> => {
  const { Socket } = await import('node:net')
  const socket = new Socket({ fd: FD.commands, readable: true, writable: false })
  try {
    for await (const chunk of socket) if (!answer(commands, chunk as Buffer)) return Exit.permanent
  } catch {
    // a read error ends it like the end of the commands
  }
  return Exit.ok
}

/** Reads commands until their end, in the queue folder. Returns the exit code: 0, or 100 when it cannot answer (spec queue.md 4). */
export const serveCleaning = (): number | Promise<number> => {
  const commands = new CleanCommands()
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  for (;;) {
    let length = 0
    try {
      length = readSync(FD.commands, buffer)
    } catch (error) {
      if (errorCode(error) === 'EAGAIN') return serveAsync(commands)
      if (errorCode(error) === 'EINTR') continue
    }
    if (length === 0) return Exit.ok
    if (!answer(commands, buffer.subarray(0, length))) return Exit.permanent
  }
}
