import { QueueExit } from '../queue/codes.ts'
import { Malformed, type OpenDrop, pieces } from '../queue/drop-open.ts'
import { PATIENCE_MILLISECONDS } from '../queue/paths.ts'
import { Intake, type Queue } from './intake.ts'

/** The other loops get a turn after this many pieces of one message. */
const PIECES_A_TURN = 16

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** We are asked to stop: what is not in the queue yet is found again at the next start. */
export class Stopped extends Error {}

/** A start time is a claim: it cannot be after the file was finished, nor longer before that than qmail-queue's patience. */
const believable = ({ startMs, changedMs }: OpenDrop): number => (startMs <= changedMs && changedMs - startMs <= PATIENCE_MILLISECONDS ? startMs : changedMs)

/**
 * Copies one file of the drop folder into the queue; `who`: its owner in words. Throws Malformed, Stopped, and what may pass; nothing is left
 * behind then.
 */
export const copyDrop = async (queue: Queue, drop: OpenDrop, who: string, isStopping: () => boolean): Promise<void> => {
  const { uid, pid } = drop
  const intake = new Intake(queue, { uid, who, qp: pid, startMs: believable(drop) })
  const goOn = async (count: number): Promise<void> => {
    if (count % PIECES_A_TURN === 0) await turn()
    if (isStopping()) throw new Stopped('stopped')
  }
  try {
    let count = 0
    for (const piece of pieces(drop, 0, drop.messageBytes)) {
      intake.message(piece)
      await goOn(++count)
    }
    intake.endMessage()
    for (const piece of pieces(drop, drop.messageBytes, drop.envelopeBytes)) {
      intake.envelope(piece)
      await goOn(++count)
    }
  } catch (error) {
    intake.abort()
    throw error
  }
  const { code, why } = await intake.finish()
  if (code === QueueExit.badEnvelope || code === QueueExit.addressTooLong || code === QueueExit.readError) throw new Malformed('bad envelope')
  if (code !== QueueExit.ok) throw new Error(why ?? `code ${code}`)
}
