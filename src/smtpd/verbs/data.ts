import type { Submission } from '../../submit/submission.ts'
import { BodyDecoder } from '../body.ts'
import { type Dialogue, GO_ON, type Intake, NEED_MORE, NO_MEMORY, type Step, type Verb } from '../dialogue.ts'
import { BODY_BYTES, factsOf, Message } from '../message.ts'

/** The bytes between 354 and the lone dot. */
class DataIntake implements Intake {
  readonly #dialogue: Dialogue
  readonly #message: Message

  constructor(dialogue: Dialogue, message: Message) {
    this.#dialogue = dialogue
    this.#message = message
  }

  get consumed(): number {
    return this.#message.transfer.consumed
  }

  take(bytes: Buffer): Step {
    if (bytes.length === 0) return NEED_MORE
    const { transfer } = this.#message
    const status = transfer.push(bytes)
    if (status === 'bareLf') return this.#dialogue.fail('451 See https://cr.yp.to/docs/smtplf.html.')
    const wait = transfer.takeWait()
    if (status === 'more') return wait ?? GO_ON
    return wait ? wait.then(() => this.#message.conclude()) : this.#message.conclude()
  }

  abort(): Promise<void> {
    return this.#message.transfer.abort()
  }
}

const start = (dialogue: Dialogue, submission: Submission): undefined => {
  if (dialogue.exit !== undefined) {
    void submission.abort()
    return
  }
  dialogue.listen(new DataIntake(dialogue, new Message(dialogue, submission, new BodyDecoder())))
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
  if (dialogue.state.chunks !== undefined) return dialogue.say('503 the message came in chunks so far (#5.5.1)')
  if (!dialogue.state.reserve(BODY_BYTES)) return dialogue.say(NO_MEMORY)
  try {
    const opened = dialogue.options.open(() => factsOf(dialogue))
    if (!(opened instanceof Promise)) return start(dialogue, opened)
    return opened.then(
      (submission) => start(dialogue, submission),
      () => noQueue(dialogue)
    )
  } catch {
    return noQueue(dialogue)
  }
}
