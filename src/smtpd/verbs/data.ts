import type { Bytes } from '../../core/bytes.ts'
import { receivedField } from '../../serve/received.ts'
import type { Submission } from '../../submit/submission.ts'
import { fromObjectionOf } from '../auth/permission.ts'
import { completed, type SeenHeader } from '../auth/submitted.ts'
import { type Dialogue, GO_ON, type Intake, NEED_MORE, NO_MEMORY, type Step, type Verb } from '../dialogue.ts'
import { withPhrase } from '../protocol.ts'
import type { Envelope } from '../state.ts'
import { Transfer } from '../transfer.ts'

/** What a body holds in memory until the queue has taken it. */
const BODY_BYTES = 65_536

/** The bytes between 354 and the lone dot. */
class DataIntake implements Intake {
  readonly #dialogue: Dialogue
  readonly #transfer: Transfer
  readonly #header: SeenHeader | undefined

  /** `header`: of a submitted message, once it has passed. */
  constructor(dialogue: Dialogue, transfer: Transfer, header: SeenHeader | undefined) {
    this.#dialogue = dialogue
    this.#transfer = transfer
    this.#header = header
  }

  get consumed(): number {
    return this.#transfer.consumed
  }

  take(bytes: Buffer): Step {
    if (bytes.length === 0) return NEED_MORE
    const status = this.#transfer.push(bytes)
    if (status === 'bareLf') return this.#dialogue.fail('451 See https://cr.yp.to/docs/smtplf.html.')
    const wait = this.#transfer.takeWait()
    if (status === 'more') return wait ?? GO_ON
    return wait ? wait.then(() => this.#finish()) : this.#finish()
  }

  abort(): Promise<void> {
    return this.#transfer.abort()
  }

  /** What there is against its header. */
  #refusal(): Bytes | undefined {
    try {
      return this.#header && fromObjectionOf(this.#dialogue, this.#header)?.reply
    } catch {
      return '451 unable to read controls (#4.3.0)'
    }
  }

  /** The reply to a message that is complete. */
  async #verdict({ sender, recipients }: Envelope): Promise<Bytes> {
    const { options } = this.#dialogue
    const refusal = this.#refusal()
    if (refusal === undefined) return this.#transfer.finish(sender, recipients, options.now)
    await this.#transfer.abort()
    return refusal
  }

  async #finish(): Promise<void> {
    const { state, options } = this.#dialogue
    const envelope = state.handOver()
    this.#dialogue.listen(undefined) // complete, so the client may leave now
    const reply = await this.#verdict(envelope)
    envelope.release()
    if (reply.startsWith('250')) {
      state.tally.messages++
      state.tally.bytes += this.#transfer.bytes
    }
    options.log?.message(state, envelope, reply, this.#transfer.bytes)
    this.#dialogue.say(reply)
  }
}

/** The way into the queue for a message; a submitted one gets the fields it lacks. */
const wayFor = ({ options }: Dialogue, submission: Submission): { submission: Submission; seen: SeenHeader | undefined } =>
  options.auth?.isSubmission ? completed(submission, options.settings.idHost, options.now) : { submission, seen: undefined }

/** Our field before the message; a user who has logged in stands in it, unless control/hideauthuser says no. */
const received = ({ state, options }: Dialogue): Bytes => {
  const info = state.user === undefined ? options.peer.info : options.settings.isUserHidden ? undefined : state.user.name
  const isModern = state.isExtended && options.settings.esmtp !== undefined
  const kind = { isModern, isEncrypted: options.isEncrypted(), isAuthenticated: state.user !== undefined, cipher: options.cipher() }
  return receivedField({ ...options.peer, info }, state.helo, withPhrase(kind), options.now())
}

const start = (dialogue: Dialogue, submission: Submission): undefined => {
  const { maxBytes } = dialogue.options
  if (dialogue.exit !== undefined) {
    void submission.abort()
    return
  }
  const headers = dialogue.options.headers
    .splice(0)
    .map((line) => `${line}\n`)
    .join('')
  const way = wayFor(dialogue, submission)
  dialogue.listen(new DataIntake(dialogue, new Transfer(way.submission, received(dialogue) + headers, maxBytes), way.seen))
  dialogue.say('354 go ahead')
}

/** DATA ends the transaction in every outcome (spec network.md 4.2). */
const noQueue = (dialogue: Dialogue): undefined => {
  dialogue.state.forget()
  return dialogue.say('451 qqt failure (#4.3.0)')
}

export const data: Verb = (dialogue) => {
  if (dialogue.state.sender === undefined) return dialogue.say('503 MAIL first (#5.5.1)')
  if (dialogue.state.recipients.length === 0) return dialogue.say('503 RCPT first (#5.5.1)')
  if (!dialogue.state.reserve(BODY_BYTES)) return dialogue.say(NO_MEMORY)
  try {
    const opened = dialogue.options.open()
    if (!(opened instanceof Promise)) return start(dialogue, opened)
    return opened.then(
      (submission) => start(dialogue, submission),
      () => noQueue(dialogue)
    )
  } catch {
    return noQueue(dialogue)
  }
}
