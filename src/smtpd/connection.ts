import type { Readable, Writable } from 'node:stream'
import type { Bytes } from '../core/bytes.ts'
import { reason } from '../core/failure.ts'
import { logLine, printable } from '../core/logline.ts'
import type { Env } from '../core/run.ts'
import { Conversation, LEFT } from '../net/converse.ts'
import { Budget, MAX_HELD_BYTES } from '../serve/budget.ts'
import { isInMoreRcpthosts } from '../serve/morercpthosts.ts'
import { peerOf } from '../serve/received.ts'
import type { RecipientDoor } from '../serve/recipient-door.ts'
import { sizeLimit } from '../serve/recipients.ts'
import type { Ends, TlsStarter, Turned } from '../serve/tls.ts'
import { type AskChecker, authenticationFor } from './auth/session-auth.ts'
import { judgeCertificate } from './client-certificate.ts'
import { type OpenQueue, SessionExit, type SessionOptions } from './dialogue.ts'
import { unknownKeywords } from './extensions.ts'
import type { Attributes } from './front/attributes.ts'
import { type CanServe, frontRights, otherClient } from './front/other-client.ts'
import { SessionLog } from './log.ts'
import { isEncrypted } from './protocol.ts'
import { Session } from './session.ts'
import { type SmtpdSettings, settingsFor } from './settings.ts'
import { isTlsOff, isTlsRequired } from './tls-first.ts'

const CONTROL_FAILURE = '421 unable to read controls (#4.3.0)'

const budget = new Budget(MAX_HELD_BYTES)

/** One connection, ready to be served: where it comes from, what is known of it, and the way into the queue. */
export interface Connection {
  input: Readable
  output: Writable
  /** The connection's own: who logs in, TLS, and plug-ins, change it. */
  env: Env
  readSettings: () => SmtpdSettings
  /** Is there room on the disk for a message of so many bytes? */
  hasRoom: (bytes: number) => boolean
  open: OpenQueue
  /** Asks about passwords: a checker named on the command line; undefined: there is none there. */
  checker: AskChecker | undefined
  /** Asks qmail-authd. */
  authd: AskChecker
  /** Asks whether a mailbox exists. */
  recipients: RecipientDoor
  /** The way to TLS, where there is one. */
  tls?: TlsStarter | undefined
  /** Programs hooked in by variables, which run in the first gear only; it is given a way to speak to the client. Throws Temporary. */
  hooks?: ((print: (line: Bytes) => void) => Hooks) | undefined
  /** The same for another client of this connection. */
  hooksFor?: (env: Env) => Promise<Connection['hooks']>
  canServe: CanServe
}

/** What a front end has made of the session so far. */
interface Front {
  /** It is somebody else's. */
  isOver?: boolean
  /** Who has logged in there. */
  login?: Bytes | undefined
}

/** What programs hooked in have to say. */
export type Hooks = Pick<SessionOptions, 'spp' | 'rcptcheck' | 'headers'>

/** Serves one SMTP connection to its end. Resolves with the exit code; never fails. */
export const serveConnection = (connection: Connection): Promise<number> => {
  const { input, output, env, readSettings, hooks } = connection
  let settings: SmtpdSettings
  let hooked: Hooks
  let log: SessionLog | undefined
  let front: Front = {}
  const prepare = (make: Connection['hooks']): void => {
    const control = readSettings()
    warnOf(control)
    settings = settingsFor(control, env)
    hooked = make?.((line) => session.say(line)) ?? { spp: undefined, rcptcheck: undefined, headers: [] }
    log = settings.log === 'none' ? undefined : new SessionLog(settings.log, peerOf(env), env)
  }
  try {
    prepare(hooks)
  } catch (error) {
    warn(error)
    return sayGoodbye(input, output, CONTROL_FAILURE)
  }
  let ends: Ends = { input, output }
  const newSession = (): Session =>
    new Session({
      ...optionsFor(connection, settings, hooked, front),
      log,
      write: (text: Bytes) => (ends.output.write(text, 'latin1') ? undefined : drained(ends.output))
    })
  let session = newSession()
  /** The session becomes another client's. A reply: it does not. */
  const becomeOther = async (said: Attributes): Promise<Bytes | undefined> => {
    session.forgetAll()
    const other = otherClient(env, said, connection.canServe)
    if (typeof other === 'string') return other
    for (const name of Object.keys(env)) delete env[name]
    Object.assign(env, other)
    front = { isOver: front.isOver === true || said.has('ADDR'), login: said.get('LOGIN') }
    prepare(await connection.hooksFor?.(env))
    session = newSession()
    const helo = said.get('HELO')
    if (helo !== undefined) session.state.greeted(helo, said.get('PROTO') === 'ESMTP')
    session.greet(true)
    return undefined
  }
  const lead = async (): Promise<number> => {
    for (;;) {
      const exit = await new Conversation(ends.input, ends.output, session, settings.timeoutSeconds).done
      if (exit !== LEFT) return exit
      if (session.other !== undefined) {
        const refusal = await becomeOther(session.other).catch((error: unknown) => {
          warn(error)
          return CONTROL_FAILURE
        })
        if (refusal === undefined) continue
        await session.hangUp()
        return sayGoodbye(ends.input, ends.output, refusal)
      }
      const turned = await turnToTls(connection, ends)
      if (turned.kind === 'gone') {
        await session.hangUp()
        return SessionExit.other
      }
      ends = turned.ends
      if (turned.kind === 'clear') session.stay('454 TLS not available (#4.3.0)')
      else {
        session.forgetAll()
        for (const [name, value] of turned.variables) env[name] = value
        session = newSession()
      }
    }
  }
  const led = lead()
  session.greet()
  return led
}

const optionsFor = (connection: Connection, settings: SmtpdSettings, hooked: Hooks, { isOver, login }: Front): Omit<SessionOptions, 'log' | 'write'> => {
  const { env, checker, authd, hasRoom, open, recipients } = connection
  const isInMore = (key: Bytes): boolean => settings.morercpthosts !== undefined && isInFile(settings.morercpthosts, key)
  return {
    settings,
    peer: peerOf(env),
    recipientExists: settings.isRecipientChecked ? (recipient) => recipients.ask(recipient) : undefined,
    relayclient: () => env.RELAYCLIENT,
    certificate: judgeCertificate(env, settings.tlsclients),
    front: frontRights(env, settings.xclient, isOver === true),
    relayBy: () => {
      env.RELAYCLIENT = ''
    },
    auth: authenticationFor(env, checker ?? (settings.hasChecker ? authd : undefined), settings, isInMore, login),
    tls: isEncrypted(env) || isTlsOff(env) ? undefined : connection.tls,
    isTlsRequired: !isEncrypted(env) && isTlsRequired(env),
    isEncrypted: () => isEncrypted(env),
    keepsNotes: env.QMAILQUEUE === undefined,
    cipher: () => env.SSL_CIPHER,
    ...hooked,
    isInMore,
    maxBytes: sizeLimit(settings.databytes, env.DATABYTES),
    hasRoom,
    open,
    budget,
    now: Date.now
  }
}

/** Gives the connection to TLS. */
const turnToTls = async ({ tls }: Connection, ends: Ends): Promise<Turned> => {
  if (tls && ends.input.readableLength === 0) return tls.start(ends, '220 ready for tls\r\n')
  ends.input.destroy() // something came behind STARTTLS after all
  ends.output.destroy()
  return { kind: 'gone' }
}

/** Resolves when a full output has been read, or is gone. */
const drained = (output: Writable): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      output.off('drain', done)
      output.off('close', done)
      resolve()
    }
    output.on('drain', done)
    output.on('close', done)
  })

/** The client is only told that there is trouble; which, is for the log. */
const warn = (error: unknown): void => logLine(2, `qmail-smtpd: warning: ${reason(error)}`)

/** Settings whose troubles have been told. */
const told = new WeakSet<SmtpdSettings>()

const warnOf = (settings: SmtpdSettings): void => {
  if (told.has(settings)) return
  told.add(settings)
  for (const warning of settings.warnings) logLine(2, `qmail-smtpd: warning: ${printable(warning)}`)
  const unknown = unknownKeywords(settings.esmtp ?? [])
  if (unknown.length > 0) logLine(2, `qmail-smtpd: warning: control/esmtp: not offered, as this version does not have it: ${printable(unknown.join(' '))}`)
}

const isInFile = (path: string, key: Bytes): boolean => {
  try {
    return isInMoreRcpthosts(path, key)
  } catch (error) {
    warn(new Error(`unable to read ${path}: ${reason(error)}`))
    throw error
  }
}

const sayGoodbye = (input: Readable, output: Writable, text: Bytes): Promise<number> =>
  new Promise((resolve) => {
    const finish = (): void => {
      input.destroy()
      output.destroy()
      resolve(SessionExit.other)
    }
    output.on('error', finish)
    output.write(`${text}\r\n`, 'latin1', finish)
  })
