import type { Bytes } from '../core/bytes.ts'
import { parseCommand } from '../format/command.ts'
import { Share } from '../serve/budget.ts'
import type { Spp } from '../serve/spp.ts'
import { type Dialogue, GO_ON, type Intake, NEED_MORE, SessionExit, type SessionOptions, type Step } from './dialogue.ts'
import type { Attributes } from './front/attributes.ts'
import { Limits } from './limits.ts'
import type { End } from './log.ts'
import { withPlugins } from './plugins.ts'
import { State } from './state.ts'
import { withStatus } from './status.ts'
import { tlsFirst } from './tls-first.ts'
import { verbOf } from './verbs.ts'

const LF = 0x0a
/** A longer command line ends the session. */
const MAX_LINE_BYTES = 65_536
/** An unfinished line up to this size does not count: every session may have one. */
const FREE_LINE_BYTES = 2048
/** So much is said before it is looked whether the client reads it. */
const MAX_REPLY_BYTES = 16_384
/** A session's turn. */
const SLICE_MILLISECONDS = 5
const NOTHING = Buffer.alloc(0)

const immediately = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/**
 * One SMTP session (spec network.md 4): bytes of the client in, replies out. It knows no sockets and no clocks; whoever drives it feeds it chunks,
 * one after the other, and stops when `exit` is set. What a command does stands in verbs/.
 */
export class Session implements Dialogue {
  exit: number | undefined
  isLeaving = false
  other: Attributes | undefined
  readonly options: SessionOptions
  readonly state: State
  #input: Buffer = NOTHING
  #at = 0
  #replies = ''
  #intake: Intake | undefined
  /** While the client has to be silent. */
  #greeting: Promise<void> | undefined
  #isEarly = false
  #lastReply = ''
  #isOver = false
  /** What an unfinished line holds. */
  readonly #line: Share
  readonly #limits: Limits
  #lineBytes = FREE_LINE_BYTES

  constructor(options: SessionOptions) {
    this.options = options
    this.state = new State(options.budget)
    this.#line = new Share(options.budget)
    this.#limits = new Limits(options.settings)
    this.#certify()
  }

  /** A certificate may say who the client is. */
  #certify(): void {
    const { auth } = this.options
    if (auth?.certified === undefined) return
    this.state.user = auth.certified
    auth.become(auth.certified)
    auth.log('auth-success', auth.certified.method, auth.certified.name)
  }

  /** Says hello, at once or after a while in which the client has to be silent (control/greetdelay); not when a front end `isWaiting` for it. */
  greet(isWaiting = false): void {
    const { settings, relayclient, spp, auth } = this.options
    if (spp) {
      this.#greeting = this.#askPlugins(spp)
      return
    }
    if (isWaiting || settings.greetSeconds === 0 || relayclient() !== undefined || auth?.isSubmission) {
      this.#sayHello()
      return
    }
    this.#greeting = new Promise((resolve) => {
      setTimeout(resolve, settings.greetSeconds * 1000)
    }).then(() => this.#afterSilence())
  }

  /** Asks plug-ins about the connection as such; they may end it. */
  async #askPlugins(spp: Spp): Promise<void> {
    const outcome = await spp.ask('connection', {})
    this.#greeting = undefined
    if (this.exit !== undefined) return
    if (outcome.kind === 'next') this.#sayHello()
    else await this.fail(outcome.reply)
  }

  #sayHello(): void {
    this.say(`220 ${this.options.settings.greeting} ESMTP`)
    this.#flush()
  }

  #afterSilence(): void {
    this.#greeting = undefined
    if (this.exit !== undefined) return
    if (this.#isEarly && this.options.settings.isGreetStrict) void this.fail('554 SMTP protocol violation (#5.5.1)')
    else this.#sayHello()
  }

  /** Takes the next bytes. If a promise comes back, wait for it before feeding more. It never fails. The chunk is the session's from now on. */
  feed(chunk: Buffer): Promise<void> | undefined {
    if (this.#greeting) {
      this.#isEarly = true
      return this.#greeting.then(() => this.feed(chunk))
    }
    this.#input = this.#input.length > 0 ? Buffer.concat([this.#input.subarray(this.#at), chunk]) : chunk
    this.#at = 0
    return this.#advance()
  }

  /** Another takes its place, which knows nothing of what was said here (RFC 3207 4.2). */
  forgetAll(): void {
    this.state.forget()
    this.options.auth?.become(undefined)
  }

  /** It was to turn to TLS and could not: it goes on as it was, with this reply. */
  stay(reply: Bytes): void {
    this.isLeaving = false
    this.say(reply)
    this.#flush()
  }

  /** The client was silent for too long. */
  timeOut(): Promise<void> {
    this.say('451 timeout (#4.4.2)')
    return this.#end('timeout')
  }

  /** The client is gone: what was under way is given up. A queue program that does not end is not waited for. */
  async hangUp(): Promise<void> {
    this.#logEnd(this.exit === SessionExit.quit ? 'quit' : 'gone')
    this.exit ??= SessionExit.other
    void this.#intake?.abort()
    this.#intake = undefined
    this.state.forget()
    this.#line.release()
  }

  say(reply: Bytes, status?: Bytes): undefined {
    this.#limits.replied(reply)
    this.#lastReply = reply
    this.#replies += `${this.state.isEnhanced ? withStatus(reply, status) : reply}\r\n`
  }

  fail(reply: Bytes | undefined): Promise<void> {
    if (reply !== undefined) this.say(reply)
    return this.#end('ended')
  }

  #end(how: End): Promise<void> {
    this.#flush()
    this.#logEnd(how)
    return this.hangUp()
  }

  #logEnd(how: End): void {
    if (!this.#isOver) this.options.log?.end(this.state, this.#lastReply, how)
    this.#isOver = true
  }

  hasMore(): boolean {
    return this.#at < this.#input.length
  }

  listen(intake: Intake | undefined): void {
    this.#intake = intake
  }

  progress(): void {
    this.#limits.renew()
  }

  /** Works through what has come in. After some milliseconds, and whenever the client does not read what it is told, it is the others' turn. */
  #advance(): Promise<void> | undefined {
    const until = performance.now() + SLICE_MILLISECONDS
    while (this.exit === undefined && !this.isLeaving) {
      const breach = this.#limits.breach
      if (breach !== undefined) return this.fail(breach)
      const step = this.#intake ? this.#feedIntake(this.#intake) : this.#takeLine()
      if (step === NEED_MORE) return this.#rest()
      const wait = step === GO_ON ? this.#turn(until) : step
      if (wait === undefined) continue
      if (step !== GO_ON) this.#flush() // for the others' turn alone it is not cut in two: a pipelining client gets one packet
      return wait.then(() => this.#advance())
    }
    this.#flush()
    return undefined
  }

  /** What to wait for before the next step, if anything. */
  #turn(until: number): Promise<void> | undefined {
    const wait = this.#replies.length > MAX_REPLY_BYTES ? this.#flush() : undefined
    return wait ?? (performance.now() > until ? immediately() : undefined)
  }

  /** Nothing can be done before more comes in: only what is needed is kept until then. */
  #rest(): Promise<void> | undefined {
    this.#flush()
    const left = this.#input.length - this.#at
    if (left === 0) this.#input = NOTHING
    else if (this.#at > 0) this.#input = Buffer.from(this.#input.subarray(this.#at))
    this.#at = 0
    if (left <= this.#lineBytes) return undefined
    if (!this.#line.take(left - this.#lineBytes)) return this.fail('421 too much under way, try again later (#4.3.1)')
    this.#lineBytes = left
    return undefined
  }

  #feedIntake(intake: Intake): Step {
    if (this.#at === this.#input.length) return NEED_MORE
    const step = intake.take(this.#input.subarray(this.#at))
    this.#at += intake.consumed
    this.#limits.received(intake.consumed)
    return step
  }

  #takeLine(): Step {
    const end = this.#input.indexOf(LF, this.#at)
    if ((end < 0 ? this.#input.length : end) - this.#at > MAX_LINE_BYTES) return this.fail('500 command line too long (#5.5.2)')
    if (end < 0) return NEED_MORE
    const { verb, argument } = parseCommand(this.#input.toString('latin1', this.#at, end))
    this.#at = end + 1
    if (this.#lineBytes > FREE_LINE_BYTES) this.#endLine()
    const { spp, isTlsRequired } = this.options
    const action = isTlsRequired ? tlsFirst(verb, verbOf(verb)) : verbOf(verb)
    return (spp ? withPlugins(spp, verb, action) : action)(this, argument) ?? GO_ON
  }

  #endLine(): void {
    this.#line.release()
    this.#lineBytes = FREE_LINE_BYTES
  }

  #flush(): Promise<void> | undefined {
    if (this.#replies === '') return undefined
    const text = this.#replies
    this.#replies = ''
    return this.options.write(text)
  }
}
