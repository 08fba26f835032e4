import { type Bytes, ownCopy } from '../core/bytes.ts'
import { ownAddresses } from '../net/ipme.ts'
import { type Peer, receivedField } from '../serve/received.ts'
import { isAllowedRecipient } from '../serve/recipients.ts'
import type { Submission } from '../submit/submission.ts'
import { canonicalIp, parseAddress } from './address.ts'
import { parseCommand } from './command.ts'
import { isBadSender } from './policy.ts'
import type { SmtpdSettings } from './settings.ts'
import { Transfer } from './transfer.ts'

/** How a session ends: with QUIT, or in any other way (spec network.md 4.1). */
export const SessionExit = { quit: 0, other: 1 } as const

const LF = 0x0a
/** A longer command line ends the session. */
const MAX_LINE_BYTES = 65_536
/** More recipients than any client sends at a time; each is at most 899 bytes long. */
const MAX_RECIPIENTS = 20_000

/** What a session is told, and what it may ask for. */
export interface SessionOptions {
  settings: SmtpdSettings
  peer: Peer
  /** $RELAYCLIENT: where set, also to nothing, every recipient is taken, with this at its end. */
  relayclient: Bytes | undefined
  /** Is this a key of morercpthosts.cdb? Throws when that cannot be told. */
  isInMore: (key: Bytes) => boolean
  /** The size limit in bytes; Infinity for none. */
  maxBytes: number
  /** The way into the queue. Failing means that there is none now. */
  open: () => Submission | Promise<Submission>
  /** Writes to the client: whole lines, as many as have come together. */
  write: (text: Bytes) => void
  /** The time in milliseconds. */
  now: () => number
}

const NOTHING = Buffer.alloc(0)

type Step = boolean | Promise<void>
const GO_ON = true
const NEED_MORE = false

/**
 * One SMTP session (spec network.md 4): bytes of the client in, replies out. It knows no sockets and no clocks; whoever drives it feeds it chunks,
 * one after the other, and stops when `exit` is set.
 */
export class Session {
  /** Set when the session is over: the exit code. */
  exit: number | undefined
  readonly #options: SessionOptions
  #input: Buffer = NOTHING
  #at = 0
  #replies = ''
  #helo: Bytes | undefined
  #sender: Bytes | undefined
  #recipients: Bytes[] = []
  #transfer: Transfer | undefined

  constructor(options: SessionOptions) {
    this.#options = options
  }

  /** Says hello. */
  greet(): void {
    this.#say(`220 ${this.#options.settings.greeting} ESMTP`)
    this.#flush()
  }

  /** Takes the next bytes. If a promise comes back, wait for it before feeding more. It never fails. The chunk is the session's from now on. */
  feed(chunk: Buffer): Promise<void> | undefined {
    this.#input = this.#input.length > 0 ? Buffer.concat([this.#input.subarray(this.#at), chunk]) : chunk
    this.#at = 0
    return this.#advance()
  }

  /** The client was silent for too long. */
  timeOut(): Promise<void> {
    return this.#fail('451 timeout (#4.4.2)')
  }

  /** The client is gone: what was under way is given up. A queue program that does not end is not waited for. */
  async hangUp(): Promise<void> {
    this.exit ??= SessionExit.other
    void this.#transfer?.abort()
    this.#transfer = undefined
  }

  #advance(): Promise<void> | undefined {
    while (this.exit === undefined) {
      const step = this.#transfer ? this.#takeBody(this.#transfer) : this.#takeLine()
      if (step === NEED_MORE) {
        if (this.#at === this.#input.length) this.#input = NOTHING
        break
      }
      if (step !== GO_ON) {
        this.#flush()
        return step.then(() => this.#advance())
      }
    }
    this.#flush()
    return undefined
  }

  #takeLine(): Step {
    const end = this.#input.indexOf(LF, this.#at)
    if ((end < 0 ? this.#input.length : end) - this.#at > MAX_LINE_BYTES) return this.#fail('500 command line too long (#5.5.2)')
    if (end < 0) return NEED_MORE
    const { verb, argument } = parseCommand(this.#input.toString('latin1', this.#at, end))
    this.#at = end + 1
    return this.#command(verb, argument) ?? GO_ON
  }

  #command(verb: Bytes, argument: Bytes): Promise<void> | undefined {
    const { greeting } = this.#options.settings
    switch (verb) {
      case 'mail':
        return this.#mail(argument)
      case 'rcpt':
        return this.#rcpt(argument)
      case 'data':
        return this.#data()
      case 'helo':
        this.#greeted(argument)
        return this.#say(`250 ${greeting}`)
      case 'ehlo':
        this.#greeted(argument)
        return this.#say(`250-${greeting}\r\n250-PIPELINING\r\n250 8BITMIME`)
      case 'rset':
        this.#forget()
        return this.#say('250 flushed')
      case 'noop':
        return this.#say('250 ok')
      case 'help':
        return this.#say('214 qmail home page: https://cr.yp.to/qmail.html')
      case 'vrfy':
        return this.#say('252 send it and see')
      case 'quit':
        this.exit = SessionExit.quit
        return this.#say(`221 ${greeting}`)
      default:
        return this.#say('502 unimplemented (#5.5.1)')
    }
  }

  #greeted(name: Bytes): void {
    this.#helo = name
    this.#forget()
  }

  #forget(): void {
    this.#sender = undefined
    this.#recipients = []
  }

  #address(argument: Bytes): Bytes | undefined {
    const { localiphost } = this.#options.settings
    return parseAddress(argument, (ip) => (localiphost !== undefined && ownAddresses().has(canonicalIp(ip)) ? localiphost : undefined))
  }

  #mail(argument: Bytes): undefined {
    const sender = this.#address(argument)
    if (sender === undefined) return this.#say('555 syntax error (#5.5.4)')
    this.#sender = ownCopy(sender)
    this.#recipients = []
    return this.#say('250 ok')
  }

  #rcpt(argument: Bytes): Promise<void> | undefined {
    const { settings, relayclient, isInMore } = this.#options
    if (this.#sender === undefined) return this.#say('503 MAIL first (#5.5.1)')
    const recipient = this.#address(argument)
    if (recipient === undefined) return this.#say('555 syntax error (#5.5.4)')
    if (isBadSender(settings.badmailfrom, this.#sender)) return this.#say('553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)')
    try {
      if (relayclient === undefined && !isAllowedRecipient(recipient, settings.rcpthosts, isInMore)) {
        return this.#say("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)")
      }
    } catch {
      return this.#fail('421 unable to read controls (#4.3.0)')
    }
    if (this.#recipients.length >= MAX_RECIPIENTS) return this.#say('452 too many recipients (#4.5.3)')
    this.#recipients.push(ownCopy(recipient + (relayclient ?? '')))
    return this.#say('250 ok')
  }

  #data(): Promise<void> | undefined {
    if (this.#sender === undefined) return this.#say('503 MAIL first (#5.5.1)')
    if (this.#recipients.length === 0) return this.#say('503 RCPT first (#5.5.1)')
    try {
      const opened = this.#options.open()
      if (!(opened instanceof Promise)) return this.#startTransfer(opened)
      return opened.then(this.#startTransfer, this.#noQueue)
    } catch {
      return this.#noQueue()
    }
  }

  /** DATA ends the transaction in every outcome (spec network.md 4.2). */
  readonly #noQueue = (): undefined => {
    this.#forget()
    return this.#say('451 qqt failure (#4.3.0)')
  }

  readonly #startTransfer = (submission: Submission): undefined => {
    const { peer, maxBytes, now } = this.#options
    if (this.exit !== undefined) {
      void submission.abort()
      return
    }
    this.#transfer = new Transfer(submission, receivedField(peer, this.#helo, 'SMTP', now()), maxBytes)
    this.#say('354 go ahead')
  }

  #takeBody(transfer: Transfer): Step {
    if (this.#at === this.#input.length) return NEED_MORE
    const status = transfer.push(this.#input.subarray(this.#at))
    this.#at += transfer.consumed
    if (status === 'bareLf') return this.#fail('451 See https://cr.yp.to/docs/smtplf.html.')
    const wait = transfer.takeWait()
    if (status === 'more') return wait ?? GO_ON
    return wait ? wait.then(() => this.#finish(transfer)) : this.#finish(transfer)
  }

  async #finish(transfer: Transfer): Promise<void> {
    const [sender, recipients] = [this.#sender ?? '', this.#recipients]
    this.#transfer = undefined // complete, so the client may leave now
    this.#forget()
    const reply = await transfer.finish(sender, recipients, this.#options.now)
    this.#say(reply)
  }

  /** Ends the session with a last reply. */
  #fail(reply: Bytes): Promise<void> {
    this.#say(reply)
    this.#flush()
    return this.hangUp()
  }

  #say(reply: Bytes): undefined {
    this.#replies += `${reply}\r\n`
  }

  #flush(): void {
    if (this.#replies === '') return
    this.#options.write(this.#replies)
    this.#replies = ''
  }
}
