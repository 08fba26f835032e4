import { reason, Temporary } from '../core/failure.ts'
import { messageChunks } from '../os/closed.ts'

/** The message as it comes in on a descriptor. A failure to read is Temporary, and says what was read. */
export function* messageOn(fd: number): Generator<Buffer> {
  try {
    yield* messageChunks(fd)
  } catch (error) {
    if (error instanceof Temporary) throw error
    throw new Temporary(`unable to read the message: ${reason(error)}`, { cause: error })
  }
}
