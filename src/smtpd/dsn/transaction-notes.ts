import type { Bytes } from '../../core/bytes.ts'
import { MAX_NOTES_BYTES, type NotesText, packNotes, type RecipientNote } from '../../queue/notes.ts'

/** What an item costs beside its values. */
const ITEM_BYTES = 24
/** Where a message comes from takes no more: a user's name has 255 bytes, three as xtext for each. */
const ORIGIN_BYTES = 800

const bytesOf = ({ orcpt: original }: RecipientNote): number => ITEM_BYTES + (original?.length ?? 0)

/** The notes of a transaction: there are some if it asked for something; what is only good to know beside that makes none. */
export class TransactionNotes {
  readonly #items: readonly Bytes[]
  readonly #beside: readonly Bytes[]
  readonly #recipients = new Map<number, RecipientNote>()
  #bytes: number

  constructor(items: readonly Bytes[], beside: readonly Bytes[]) {
    this.#items = items
    this.#beside = beside
    this.#bytes = ITEM_BYTES + ORIGIN_BYTES + [...items, ...beside].join(' ').length
  }

  /** Is there room for one more? */
  hasRoom(note: RecipientNote): boolean {
    return this.#bytes + bytesOf(note) <= MAX_NOTES_BYTES
  }

  /** One more recipient's, by its place in the envelope. */
  add(index: number, note: RecipientNote): void {
    this.#bytes += bytesOf(note)
    this.#recipients.set(index, note)
  }

  /** As text; `origin`: where the message comes from. */
  text(origin: readonly Bytes[]): NotesText | undefined {
    if (this.#items.length + this.#recipients.size === 0) return undefined
    return packNotes({ items: [...origin, ...this.#items, ...this.#beside], recipients: this.#recipients })
  }
}
