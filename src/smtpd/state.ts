import { type Bytes, ownCopy } from '../core/bytes.ts'
import type { NotesText, RecipientNote } from '../queue/notes.ts'
import { type Budget, Share } from '../serve/budget.ts'
import type { AuthUser } from './auth/authentication.ts'
import { TransactionNotes } from './dsn/transaction-notes.ts'
import type { Attributes } from './front/attributes.ts'

/** Sender and recipients of a message that is on its way into the queue. */
export interface Envelope {
  sender: Bytes
  recipients: Bytes[]
  notes: NotesText | undefined
  /** It is in the queue, or given up. */
  release(): void
}

/** A message that comes in chunks (BDAT). */
export interface Chunks {
  readonly isTooBig: boolean
  /** Takes a piece of a chunk. A promise: wait for it first. */
  push(piece: Buffer): Promise<void> | undefined
  /** That was the last chunk: says what became of the message. */
  conclude(): Promise<void>
  abort(): Promise<void>
}

/** What came of a session so far: recipients taken and refused, messages in the queue, and their bytes. */
export interface Tally {
  taken: number
  refused: number
  messages: number
  bytes: number
}

/** What a session has heard so far (spec network.md 4.2). Texts kept here are copies: they outlive the packet they came in. */
export class State {
  /** The argument of the last HELO or EHLO; undefined before any. */
  helo: Bytes | undefined
  /** It was EHLO. */
  isExtended = false
  /** Replies have enhanced status codes. */
  isEnhanced = false
  /** Who has logged in, until the session ends, or TLS begins. */
  user: AuthUser | undefined
  /** How often somebody failed to. */
  authFailures = 0
  /** The address or fingerprint of the certificate by which the client may relay. */
  relayedBy: Bytes | undefined
  /** Of the present transaction; undefined outside of one. */
  sender: Bytes | undefined
  recipients: Bytes[] = []
  /** MAIL said SMTPUTF8. */
  isUtf8 = false
  /** What came of it in chunks; `dropped`: it is refused, whatever else comes. */
  chunks: Chunks | 'dropped' | undefined
  /** What the present RCPT asks for. */
  note: RecipientNote | undefined
  /** What the transaction has asked for; undefined: nothing. */
  #notes: TransactionNotes | undefined
  /** A plug-in spoke for the present command: the usual checks do not apply. */
  isExempt = false
  /** How often MAIL was said. */
  mails = 0
  /** How often this transaction was asked to take a recipient. */
  asked = 0
  /** Whom the client has its messages from, as it says; undefined: it says nothing. */
  forwarded: Attributes | undefined
  /** The sender of the last transaction, for the log. */
  lastSender: Bytes | undefined
  readonly tally: Tally = { taken: 0, refused: 0, messages: 0, bytes: 0 }
  readonly #budget: Budget
  #share: Share

  constructor(budget: Budget) {
    this.#budget = budget
    this.#share = new Share(budget)
  }

  greeted(name: Bytes, isExtended: boolean): void {
    this.helo = ownCopy(name)
    this.isExtended = isExtended
    this.isEnhanced = false
    this.forwarded = undefined
    this.forget()
  }

  /** A transaction begins; `items`: notes on its message; `beside`: what they say too, if there are any. */
  begin(sender: Bytes, items: readonly Bytes[] = [], beside: readonly Bytes[] = []): void {
    this.forget()
    if (items.length + beside.length > 0) this.#notes = new TransactionNotes(items.map(ownCopy), beside.map(ownCopy))
    this.isUtf8 = items.includes('utf8')
    this.sender = ownCopy(sender)
    this.lastSender = this.sender
  }

  /** Is there room for what the present RCPT asks for? */
  mayNote(): boolean {
    if (this.note === undefined) return true
    this.#notes ??= new TransactionNotes([], [])
    return this.#notes.hasRoom(this.note)
  }

  /** One more recipient. False: there is no memory for it now. */
  add(recipient: Bytes): boolean {
    if (!this.#share.takeRecipient(recipient)) return false
    if (this.note && !this.#keepNote(this.note)) return false
    this.recipients.push(ownCopy(recipient))
    return true
  }

  /** False: there is no memory for it now. */
  #keepNote({ notify, orcpt }: RecipientNote): boolean {
    if (orcpt !== undefined && !this.#share.take(2 * orcpt.length)) return false
    this.#notes?.add(this.recipients.length, { notify, orcpt: orcpt && ownCopy(orcpt) })
    return true
  }

  /** Room for so many bytes until the transaction is over. False: there is no memory for them now. */
  reserve(bytes: number): boolean {
    return this.#share.take(bytes)
  }

  /** The transaction is over, or was none. */
  forget(): void {
    this.#share.release()
    this.sender = undefined
    this.recipients = []
    this.isUtf8 = false
    this.note = undefined
    this.#notes = undefined
    this.asked = 0
    this.dropChunks()
    this.chunks = undefined
  }

  /** What came in chunks is given up, and so is what may still come. */
  dropChunks(): void {
    if (typeof this.chunks === 'object') void this.chunks.abort()
    this.chunks = 'dropped'
  }

  /** The notes of the transaction so far; `origin`: where its message comes from. */
  notes(origin: readonly Bytes[]): NotesText | undefined {
    return this.#notes?.text(origin)
  }

  /** The transaction is over here, but what was said in it is still needed; `origin`: where the message comes from. */
  handOver(origin: readonly Bytes[]): Envelope {
    const [sender, recipients, notes, share] = [this.sender ?? '', this.recipients, this.notes(origin), this.#share]
    this.#share = new Share(this.#budget)
    this.chunks = undefined
    this.forget()
    return { sender, recipients, notes, release: () => share.release() }
  }
}
