import { readSync } from 'node:fs'
import { Exit } from '../core/exit.ts'
import { errorCode } from '../core/failure.ts'
import { writeFd } from '../core/fdio.ts'
import { CleanCommands } from './clean.ts'

const FD = { commands: 0, answers: 1 } as const
const CHUNK_BYTES = 8192

/** Writes answers. False: nobody takes them any more. */
const say = (answers: string): boolean => {
  try {
    writeFd(FD.answers, answers)
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
    for await (const chunk of socket) if (!(await commands.push(chunk as Buffer, say))) return Exit.permanent
  } catch {
    // a read error ends it like the end of the commands
  }
  return Exit.ok
}

/** Reads commands until their end, in the queue folder. Returns the exit code: 0, or 100 when it cannot answer (spec queue.md 4). */
export const serveCleaning = async (): Promise<number> => {
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
    if (!(await commands.push(buffer.subarray(0, length), say))) return Exit.permanent
  }
}
