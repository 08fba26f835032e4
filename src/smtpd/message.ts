import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import { NOTES_VARIABLE, notesVariable } from '../queue/notes-variable.ts'
import { receivedField, safe } from '../serve/received.ts'
import { recordBytes, type Submission } from '../submit/submission.ts'
import { fromObjectionOf } from './auth/permission.ts'
import { completed, type SeenHeader } from './auth/submitted.ts'
import type { Dialogue } from './dialogue.ts'
import { originItems } from './origin.ts'
import { protocolName, type SessionKind, withPhrase } from './protocol.ts'
import type { Envelope } from './state.ts'
import { type Decoder, Transfer } from './transfer.ts'

/** What a body holds in memory until the queue has taken it. */
export const BODY_BYTES = 65_536

const kindOf = ({ state, options }: Dialogue): SessionKind => ({
  isModern: state.isExtended && options.settings.esmtp !== undefined,
  isUtf8: state.isUtf8,
  isEncrypted: options.isEncrypted(),
  isAuthenticated: state.user !== undefined,
  cipher: options.cipher()
})

/** What a queue program is told of the session, beside its variables and those of AUTH and TLS (spec modern.md 0.3). */
export const factsOf = (dialogue: Dialogue): Env => {
  const { state } = dialogue
  const { helo, sender = '' } = state
  const notes = state.notes(originItems(dialogue))
  return {
    SMTPPROTO: protocolName(kindOf(dialogue)),
    SMTPMAILFROM: sender,
    ...(helo !== undefined && { SMTPHELO: helo }),
    ...(notes !== undefined && { [NOTES_VARIABLE]: notesVariable(recordBytes(sender, state.recipients), notes) })
  }
}

/** Our field before the message; a user who has logged in stands in it, unless control/hideauthuser says no, and the certificate that lets it through (spec modern.md 1.7). */
const received = (dialogue: Dialogue): Bytes => {
  const { state, options } = dialogue
  const info = state.user === undefined ? options.peer.info : options.settings.isUserHidden ? undefined : state.user.name
  const certificate = state.relayedBy === undefined ? '' : `\n  (cert ${safe(state.relayedBy)})`
  return receivedField({ ...options.peer, info }, state.helo, withPhrase(kindOf(dialogue)) + certificate, options.now())
}

/** The way into the queue for a message; a submitted one gets the fields it lacks. */
const wayFor = ({ options }: Dialogue, submission: Submission): { submission: Submission; seen: SeenHeader | undefined } =>
  options.auth?.isSubmission ? completed(submission, options.settings.idHost, options.now) : { submission, seen: undefined }

/** A message on its way from the client into the queue, by DATA or BDAT: from the way in to the reply. */
export class Message {
  readonly transfer: Transfer
  readonly #dialogue: Dialogue
  /** Of a submitted message, once it has passed. */
  readonly #header: SeenHeader | undefined

  constructor(dialogue: Dialogue, submission: Submission, decoder: Decoder) {
    this.#dialogue = dialogue
    const headers = dialogue.options.headers
      .splice(0)
      .map((line) => `${line}\n`)
      .join('')
    const way = wayFor(dialogue, submission)
    this.#header = way.seen
    this.transfer = new Transfer(way.submission, received(dialogue) + headers, dialogue.options.maxBytes, decoder)
  }

  /** It is complete: ends the transaction, and says what became of it. */
  async conclude(): Promise<void> {
    const { state, options } = this.#dialogue
    const envelope = state.handOver(originItems(this.#dialogue))
    this.#dialogue.listen(undefined) // complete, so the client may leave now
    this.#dialogue.progress()
    const reply = await this.#verdict(envelope)
    envelope.release()
    if (reply.startsWith('250')) {
      state.tally.messages++
      state.tally.bytes += this.transfer.bytes
    }
    options.log?.message(state, envelope, reply, this.transfer.bytes)
    this.#dialogue.say(reply)
  }

  /** The reply to a message that is complete. */
  async #verdict(envelope: Envelope): Promise<Bytes> {
    const { options } = this.#dialogue
    const refusal = this.#refusal()
    if (refusal === undefined) return this.transfer.finish(envelope, options.now)
    await this.transfer.abort()
    return refusal
  }

  /** What there is against its header. */
  #refusal(): Bytes | undefined {
    try {
      return this.#header && fromObjectionOf(this.#dialogue, this.#header)?.reply
    } catch {
      return '451 unable to read controls (#4.3.0)'
    }
  }
}
