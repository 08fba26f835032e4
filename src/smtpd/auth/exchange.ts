import { type Bytes, lower } from '../../core/bytes.ts'
import type { AuthAnswer } from '../../serve/auth-door.ts'
import type { Mechanism } from '../../serve/auth-mode.ts'
import type { Dialogue } from '../dialogue.ts'
import type { Authentication } from './authentication.ts'
import { AuthLine, LINE_TOO_LONG, MAX_AUTH_LINE_BYTES } from './line.ts'
import { bearerClaim, type Claim, cramClaim, fromBase64, loginClaim, plainClaim, TOKEN_REFUSED, type Trouble, toBase64, xoauth2Claim } from './sasl.ts'

const MALFORMED = '501 malformed auth input (#5.5.4)'
const CANCELLED = '501 auth exchange cancelled (#5.0.0)'
const REFUSED = '535 authentication failed (#5.7.1)'
const TOO_MANY = '421 too many authentication failures (#4.7.0)'

type Then = (response: Bytes) => Promise<void> | undefined

/** One exchange between AUTH and its verdict (RFC 4954 4; spec modern.md 2.3). */
class Exchange {
  readonly #dialogue: Dialogue
  readonly #auth: Authentication
  readonly #method: Bytes

  constructor(dialogue: Dialogue, auth: Authentication, mechanism: Mechanism) {
    this.#dialogue = dialogue
    this.#auth = auth
    this.#method = lower(mechanism)
  }

  /** Begins with the initial response, which the client need not give. */
  begin(initial: Bytes | undefined): Promise<void> | undefined {
    switch (this.#method) {
      case 'plain':
        return this.#first(initial, '', (response) => this.#claimed(plainClaim(response), response.split('\0')[1] ?? ''))
      case 'login':
        return this.#first(initial, 'Username:', (user) => this.#ask('Password:', (secret) => this.#claimed(loginClaim(user, secret), user)))
      case 'oauthbearer':
        return this.#first(initial, '', (response) => this.#claimed(bearerClaim(response), ''))
      case 'xoauth2':
        return this.#first(initial, '', (response) => this.#claimed(xoauth2Claim(response), ''))
      default:
        return this.#cram(initial)
    }
  }

  #cram(initial: Bytes | undefined): Promise<void> | undefined {
    if (initial !== undefined) return this.#dialogue.say(MALFORMED)
    const challenge = this.#auth.challenge()
    return this.#ask(challenge, (response) => this.#claimed(cramClaim(response), response, challenge))
  }

  /** An initial response of `=` is an empty one. */
  #first(initial: Bytes | undefined, prompt: Bytes, then: Then): Promise<void> | undefined {
    if (initial === undefined) return this.#ask(prompt, then)
    if (initial.length > MAX_AUTH_LINE_BYTES) return this.#dialogue.say(LINE_TOO_LONG)
    return this.#decoded(initial === '=' ? '' : initial, then)
  }

  #ask(prompt: Bytes, then: Then): undefined {
    this.#dialogue.listen(new AuthLine(this.#dialogue, (line) => (line === '*' ? this.#dialogue.say(CANCELLED) : this.#decoded(line, then))))
    return this.#dialogue.say(`334 ${toBase64(prompt)}`)
  }

  #decoded(line: Bytes, then: Then): Promise<void> | undefined {
    const response = fromBase64(line)
    return response === undefined ? this.#dialogue.say(MALFORMED) : then(response)
  }

  /** `user`: for the log, where the claim makes no sense. */
  #claimed(claim: Claim | Trouble, user: Bytes, challenge: Bytes = ''): Promise<void> | undefined {
    if (claim === 'malformed') return this.#dialogue.say(MALFORMED)
    return claim === 'refused' ? this.#refuse(user) : this.#check(claim, challenge)
  }

  async #check(claim: Claim, challenge: Bytes): Promise<void> {
    const answer = await this.#auth.check(this.#method, claim, challenge)
    if (this.#dialogue.exit === undefined) await this.#obey(answer, claim)
  }

  #obey(answer: AuthAnswer, claim: Claim): Promise<void> | undefined {
    if (answer.kind === 'good') return this.#accept(answer.user, answer.senders)
    if (answer.kind === 'more') return this.#ask(answer.challenge, (secret) => this.#check({ ...claim, secret }, answer.challenge))
    if (answer.kind === 'temporary') {
      this.#auth.log('auth-temporary', this.#method, claim.user)
      return this.#dialogue.say('454 oops, unable to run the checker (#4.3.0)', '4.7.0')
    }
    if (this.#method !== 'oauthbearer' && this.#method !== 'xoauth2') return this.#refuse(claim.user)
    return this.#askAnyhow(TOKEN_REFUSED, () => this.#refuse(claim.user))
  }

  /** What the client says now does not count: it is asked so that it hears why. */
  #askAnyhow(prompt: Bytes, then: () => Promise<void>): undefined {
    this.#dialogue.listen(new AuthLine(this.#dialogue, then))
    return this.#dialogue.say(`334 ${toBase64(prompt)}`)
  }

  #accept(name: Bytes, senders: Bytes): undefined {
    const user = { name, method: this.#method, senders: senders.split('\n').filter((line) => line !== '') }
    this.#dialogue.state.user = user
    this.#auth.become(user)
    this.#auth.log('auth-success', this.#method, name)
    return this.#dialogue.say('235 ok, go ahead (#2.0.0)')
  }

  /** It takes a while, so that guessing does. */
  async #refuse(user: Bytes): Promise<void> {
    const { state, options } = this.#dialogue
    this.#auth.log('auth-failed', this.#method, user)
    await new Promise((resolve) => setTimeout(resolve, this.#auth.delayMilliseconds))
    if (this.#dialogue.exit !== undefined) return
    const isLast = ++state.authFailures >= this.#auth.maxFailures
    const reply = isLast ? TOO_MANY : REFUSED
    options.log?.recipient(state, '', reply, 'authfailed')
    await (isLast ? this.#dialogue.fail(reply) : this.#dialogue.say(reply, '5.7.8'))
  }
}

/** Starts an exchange. A promise: wait for it before the next command. Never fails. */
export const startExchange = (dialogue: Dialogue, auth: Authentication, mechanism: Mechanism, initial: Bytes | undefined): Promise<void> | undefined =>
  new Exchange(dialogue, auth, mechanism).begin(initial)
