import { reason, Temporary } from '../core/failure.ts'
import { chunks } from '../core/fdio.ts'
import { wasClosed } from '../os/closed.ts'

/** The message as it comes in on a descriptor. A failure to read is Temporary, and says what was read. */
export function* messageOn(fd: number): Generator<Buffer> {
  if (wasClosed(fd)) throw new Temporary('unable to read the message: its descriptor is closed')
  try {
    yield* chunks(fd)
  } catch (error) {
    throw new Temporary(`unable to read the message: ${reason(error)}`, { cause: error })
  }
}
