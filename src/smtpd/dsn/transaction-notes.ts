import type { Bytes } from '../../core/bytes.ts'
import { MAX_NOTES_BYTES, type NotesText, packNotes, type RecipientNote } from '../../queue/notes.ts'

/** What an item costs beside its values. */
const ITEM_BYTES = 24

const bytesOf = ({ orcpt: original }: RecipientNote): number => ITEM_BYTES + (original?.length ?? 0)

/** The notes of a transaction. */
export class TransactionNotes {
  readonly #items: Bytes[]
  readonly #recipients = new Map<number, RecipientNote>()
  #bytes: number

  constructor(items: Bytes[]) {
    this.#items = items
    this.#bytes = ITEM_BYTES + items.join(' ').length
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

  get text(): NotesText | undefined {
    return packNotes({ items: this.#items, recipients: this.#recipients })
  }
}
