import { readSetting } from '../control/read.ts'

/**
 * A file of the drop folder (docs/internals.md, Who can reach what): the message's bytes, the envelope as on qmail-queue's fd 1 (last NUL included; notes may follow, see EnvelopeTail), and this
 * trailer of fixed size. The trailer comes last, so a file that is cut short has none.
 */
export interface DropTrailer {
  messageBytes: number
  envelopeBytes: number
  /** The caller's process id and start time: claims, for the `Received` line only. Who the caller is, the file's owner proves. */
  pid: number
  startMs: number
}

/** The trailer's size; it ends with LF and is padded with spaces. */
export const TRAILER_BYTES = 96

const MAGIC = 'qmail-drop 1'
const PATTERN = /^qmail-drop 1 ([0-9]{1,15}) ([0-9]{1,15}) ([0-9]{1,10}) ([0-9]{1,15}) *\n$/

/** Final names begin with this; the rest says when and by whom, so that names sort by age. */
export const FINAL = 'm.'
/** Names of files being written. */
export const TEMPORARY = 't.'
/** Names of files set aside as malformed. */
export const BAD = 'bad.'

/** The largest message that may come through the drop folder, in bytes: it is copied, out of its owner's quota. Throws Temporary when the setting cannot be read. */
export const dropLimit = (home: string): number => readSetting(home, 'dropbytes') || Number.POSITIVE_INFINITY

export const packTrailer = ({ messageBytes, envelopeBytes, pid, startMs }: DropTrailer): Buffer =>
  Buffer.from(`${`${MAGIC} ${messageBytes} ${envelopeBytes} ${pid} ${startMs}`.padEnd(TRAILER_BYTES - 1)}\n`, 'latin1')

/** Undefined unless this is a trailer, and of a file of that size. */
export const parseTrailer = (trailer: Buffer, fileBytes: number): DropTrailer | undefined => {
  const found = PATTERN.exec(trailer.toString('latin1'))
  if (!found || trailer.length !== TRAILER_BYTES) return undefined
  const [messageBytes = 0, envelopeBytes = 0, pid = 0, startMs = 0] = found.slice(1).map(Number)
  return messageBytes + envelopeBytes + TRAILER_BYTES === fileBytes ? { messageBytes, envelopeBytes, pid, startMs } : undefined
}
