import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import type { Budget } from '../serve/budget.ts'
import type { RcptcheckAnswer } from '../serve/rcptcheck.ts'
import type { Peer } from '../serve/received.ts'
import type { Verdict } from '../serve/recipient-wire.ts'
import type { Spp } from '../serve/spp.ts'
import type { TlsStarter } from '../serve/tls.ts'
import type { Submission } from '../submit/submission.ts'
import type { Authentication } from './auth/authentication.ts'
import type { CertificateVerdict } from './client-certificate.ts'
import type { Attributes } from './front/attributes.ts'
import type { FrontRights } from './front/other-client.ts'
import type { SessionLog } from './log.ts'
import type { SmtpdSettings } from './settings.ts'
import type { State } from './state.ts'

/** How a session ends: with QUIT, or in any other way (spec network.md 4.1). */
export const SessionExit = { quit: 0, other: 1 } as const

/** Opens a way into the queue for one message. `facts`: variables of the session, for a queue program (spec modern.md 0.3). */
export type OpenQueue = (facts: () => Env) => Submission | Promise<Submission>

/** What a session is told, and what it may ask for. */
export interface SessionOptions {
  settings: SmtpdSettings
  peer: Peer
  /** $RELAYCLIENT: where set, also to nothing, every recipient is taken, with this at its end. */
  relayclient: () => Bytes | undefined
  /** Logging in; undefined: there is no such thing here. */
  auth: Authentication | undefined
  /** Is the client's connection under TLS? */
  isEncrypted: () => boolean
  /** What is noted of a message comes into the queue with it: no queue program of somebody else's stands between. */
  keepsNotes: boolean
  /** What it is encrypted by, where that is known. */
  cipher: () => Bytes | undefined
  /** Is this a key of morercpthosts.cdb? Throws when that cannot be told. */
  isInMore: (key: Bytes) => boolean
  /** qmail-spp's plug-ins, where there are any; they may change `relayclient`. */
  spp: Spp | undefined
  /** Header lines that plug-ins want in the next message. */
  headers: Bytes[]
  /** Asks $RCPTCHECK; undefined: it is not set. Never fails. */
  rcptcheck: ((sender: Bytes, recipient: Bytes, helo: Bytes) => Promise<RcptcheckAnswer>) | undefined
  /** Is there such a mailbox? Undefined: that is not asked. Never fails. */
  recipientExists: ((recipient: Bytes) => Verdict | Promise<Verdict>) | undefined
  /** Where decisions and ends are logged; undefined: nowhere. */
  log: SessionLog | undefined
  /** The size limit in bytes; Infinity for none. */
  maxBytes: number
  /** Is there room on the disk for a message of so many bytes? */
  hasRoom: (bytes: number) => boolean
  /** The way into the queue. Failing means that there is none now. */
  open: OpenQueue
  /** Memory, shared by all sessions of the process. */
  budget: Budget
  /** The way to TLS; undefined: there is none, or the session is inside it. */
  tls: Pick<TlsStarter, 'isAble'> | undefined
  /** Mail is taken within TLS only, and the session is not there yet. */
  isTlsRequired: boolean
  /** What the client may do for others. */
  front: FrontRights
  /** What the client's certificate is worth; undefined: none is asked for. */
  certificate: CertificateVerdict | undefined
  /** The client may relay from now on, by its certificate. */
  relayBy: () => void
  /** Writes to the client: whole lines, as many as have come together. A promise: it reads slowly, say no more before that is done. */
  write: (text: Bytes) => Promise<void> | undefined
  /** The time in milliseconds. */
  now: () => number
}

/** All sessions together hold as much as they may: whoever wants more is asked to come again. */
export const NO_MEMORY = '452 too much under way, try again later (#4.3.1)'

/** What came of a piece of work: go on, wait for more bytes, or wait for the promise first. */
export type Step = boolean | Promise<void>
export const GO_ON = true
export const NEED_MORE = false

/** Takes the client's bytes in the place of the command loop: the body of a message, or lines that are no commands. */
export interface Intake {
  /** Takes as many bytes as it wants, from the start; it may overwrite them. Never fails. */
  take(bytes: Buffer): Step
  /** How many bytes of the last ones it took. */
  readonly consumed: number
  /** The session ends within it. */
  abort(): Promise<void>
}

/** A session as its verbs see it. */
export interface Dialogue {
  readonly options: SessionOptions
  readonly state: State
  /** Set when the session is over: the exit code. */
  exit: number | undefined
  /** Set when the connection is to turn to TLS: no more commands are heard. */
  isLeaving: boolean
  /** Set when the session becomes another client's: no more commands are heard. */
  other: Attributes | undefined
  /** Has the client said more than the present command? */
  hasMore(): boolean
  /** Adds a reply, without CRLF at its end; it goes out before the next wait. `status`: its enhanced status code where its text has none. */
  say(reply: Bytes, status?: Bytes): undefined
  /** Ends the session with a last reply, or without a word. */
  fail(reply: Bytes | undefined): Promise<void>
  /** What follows is not commands but for this one to take, until it is `undefined` again. */
  listen(intake: Intake | undefined): void
  /** A message has come forward: the session may go on as long again. */
  progress(): void
}

/** Carries out one command. A promise: wait for it before the next one. Never fails. */
export type Verb = (dialogue: Dialogue, argument: Bytes) => Promise<void> | undefined
