import { type Bytes, ownCopy } from '../core/bytes.ts'

/** What a session has heard so far (spec network.md 4.2). Texts kept here are copies: they outlive the packet they came in. */
export class State {
  /** The argument of the last HELO or EHLO; undefined before any. */
  helo: Bytes | undefined
  /** It was EHLO. */
  isExtended = false
  /** Of the present transaction; undefined outside of one. */
  sender: Bytes | undefined
  recipients: Bytes[] = []

  greeted(name: Bytes, isExtended: boolean): void {
    this.helo = ownCopy(name)
    this.isExtended = isExtended
    this.forget()
  }

  /** A transaction begins. */
  begin(sender: Bytes): void {
    this.forget()
    this.sender = ownCopy(sender)
  }

  add(recipient: Bytes): void {
    this.recipients.push(ownCopy(recipient))
  }

  /** The transaction is over, or was none. */
  forget(): void {
    this.sender = undefined
    this.recipients = []
  }
}
