import type { Bytes } from '../core/bytes.ts'
import type { Notes } from '../queue/notes.ts'

/** One message for recipients at one host. */
export interface Delivery {
  host: Bytes
  sender: Bytes
  recipients: readonly Bytes[]
  /** What the sender asked for; recipients by their place here. undefined: nothing. */
  notes?: Notes | undefined
  /** The message: all of it, or a descriptor, read from where it stands to its end. */
  message: Buffer | number
  /** It is read from its beginning, as it has been read before. */
  isAgain?: boolean
  /** Is the last report to tell which mail exchangers the host has? */
  tellsExchangers?: boolean
}
