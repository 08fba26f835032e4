import type { Bytes } from '../core/bytes.ts'
import { QueueExit, type QueueResult } from '../queue/codes.ts'
import { EnvelopeChecker, type EnvelopeLimits } from '../queue/envelope.ts'
import type { NotesText } from '../queue/notes.ts'
import { type QueueFile, QueueTrouble } from '../queue/queue-file.ts'
import { envelopeBytes, type Submission } from './submission.ts'

const codeOf = (error: unknown): number => (error instanceof QueueTrouble ? error.code : QueueExit.crash)

const writeEnvelope = (file: QueueFile, envelope: Buffer, limits: EnvelopeLimits): void => {
  const checker = new EnvelopeChecker(limits)
  file.endMessage()
  const kept = checker.push(envelope)
  if (checker.verdict !== QueueExit.ok) throw new QueueTrouble(checker.verdict ?? QueueExit.readError)
  file.envelope(envelope.subarray(0, kept))
}

/** Submits within this process, through a file that `open` creates. Never throws: trouble shows as the code qmail-queue would exit with. */
export const submitThroughFile = (limits: EnvelopeLimits, open: () => QueueFile): Submission => {
  let file: QueueFile | undefined
  let code: number = QueueExit.ok
  const attempt = (work: () => void): void => {
    if (code !== QueueExit.ok) return
    try {
      work()
    } catch (error) {
      code = codeOf(error)
      file?.discard()
    }
  }
  attempt(() => {
    file = open()
  })
  const result = (): QueueResult => ({ code, text: '', qp: file?.qp ?? process.pid, weFailed: false })
  return {
    qp: file?.qp,
    write: (chunk) => {
      attempt(() => file?.message(chunk))
      return undefined
    },
    finish: async (sender: Bytes, recipients: readonly Bytes[], notes?: NotesText) => {
      attempt(() => {
        if (!file) return
        writeEnvelope(file, envelopeBytes(sender, recipients), limits)
        file.commit(notes)
      })
      return result()
    },
    abort: async () => {
      if (code === QueueExit.ok) file?.discard()
    }
  }
}
