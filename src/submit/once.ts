import type { Bytes } from '../core/bytes.ts'
import { chunks } from '../core/fdio.ts'
import { wasClosed } from '../os/closed.ts'
import { QueueExit } from '../queue/codes.ts'
import { EnvelopeChecker, type EnvelopeLimits } from '../queue/envelope.ts'
import { NotesReader } from '../queue/notes-variable.ts'
import { PATIENCE_MILLISECONDS } from '../queue/paths.ts'
import { type QueueFile, QueueTrouble } from '../queue/queue-file.ts'

/** The chunks of a descriptor; a read that fails is 54, one that ends a day after the start is 52. */
function* read(fd: number, startMs: number): Generator<Buffer> {
  const all = chunks(fd)
  for (;;) {
    let next: IteratorResult<Buffer>
    try {
      next = all.next()
    } catch (error) {
      throw new QueueTrouble(QueueExit.readError, error)
    }
    // A blocked read cannot be timed out, but whatever it brings afterwards is too late: the files may have been swept.
    if (Date.now() - startMs > PATIENCE_MILLISECONDS) throw new QueueTrouble(QueueExit.timeout)
    if (next.done) return
    yield next.value
  }
}

const copyEnvelope = (fd: number, file: QueueFile, limits: EnvelopeLimits, startMs: number, notes: NotesReader | undefined): void => {
  const checker = new EnvelopeChecker(limits)
  for (const chunk of read(fd, startMs)) {
    const kept = chunk.subarray(0, checker.push(chunk))
    file.envelope(kept)
    notes?.push(kept)
    if (checker.verdict === QueueExit.ok) return
    if (checker.verdict !== undefined) throw new QueueTrouble(checker.verdict)
  }
  throw new QueueTrouble(QueueExit.readError)
}

/**
 * Queues one message: its bytes from one descriptor to the end, then the envelope from the other (spec queue.md 2); `variable`: what $QMAILESMTP says of it. On return it is
 * on the disk. Throws QueueTrouble; what that leaves behind is the caller's to decide.
 */
export const queueOnce = (
  file: QueueFile,
  { message: messageFd, envelope: envelopeFd }: { message: number; envelope: number },
  limits: EnvelopeLimits,
  startMs: number,
  variable: Bytes | undefined
): void => {
  if (wasClosed(messageFd)) throw new QueueTrouble(QueueExit.readError)
  for (const chunk of read(messageFd, startMs)) file.message(chunk)
  file.endMessage()
  const notes = variable ? new NotesReader(variable) : undefined
  copyEnvelope(envelopeFd, file, limits, startMs, notes)
  file.commit(notes?.finish())
}
