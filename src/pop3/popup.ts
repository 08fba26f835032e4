import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync } from 'node:fs'
import type { Writable } from 'node:stream'
import type { Bytes } from '../core/bytes.ts'
import { reason } from '../core/failure.ts'
import { writeFd } from '../core/fdio.ts'
import type { Env } from '../core/run.ts'
import { parseCommand } from '../format/command.ts'
import { writableFd } from '../net/stdio.ts'
import { startChild } from '../os/child.ts'
import { makePipes, type Pipe } from '../os/pipe.ts'
import type { AuthAnswer } from '../serve/auth-door.ts'
import { askForTls, type TlsFds } from '../serve/ucspi-tls.ts'
import { Gone, LineSource } from './line-source.ts'

/** It always ends so (spec network.md 8.1). */
export const POPUP_EXIT = 1
/** The longest silence of a client, and the longest time a reply may take to leave. */
export const SILENCE_SECONDS = 1200
/** A client that has said so much without logging in wants something else. */
const MAX_COMMANDS = 1000

/** What one login needs. */
export interface Popup {
  hostname: Bytes
  program: Bytes
  args: Bytes[]
  env: Env
  lines: LineSource
  output: Writable
  /** Asks qmail-authd before the subprogram is run; undefined: nobody is asked. Never fails. */
  ask: ((method: Bytes, user: Bytes, secret: Bytes, challenge: Bytes) => Promise<AuthAnswer>) | undefined
  /** The connection, for the subprogram. */
  fds: readonly [number, number]
  /** The way to TLS, where there is one, and it is not there yet. */
  tls: TlsFds | undefined
  /** The whole answer to CAPA, if there is one. */
  capabilities: Bytes | undefined
}

/** Says something; resolves when it is with the system. Throws Gone. */
const say = (output: Writable, text: Bytes): Promise<void> =>
  new Promise((resolve, reject) => {
    const fail = (): void => reject(new Gone('nobody listens'))
    const timer = setTimeout(fail, SILENCE_SECONDS * 1000)
    output.write(text, 'latin1', (error) => {
      clearTimeout(timer)
      if (error) fail()
      else resolve()
    })
  })

/** Starts the subprogram with `data` to read on descriptor 3, a real pipe, on which it finds the end after it. Throws Temporary. */
const startChecker = async ({ program, args, env, fds }: Popup, data: Buffer): Promise<ChildProcess> => {
  const [{ write, read }] = (await makePipes(1)) as [Pipe]
  try {
    writeFd(write, data) // a pipe holds it all
    return startChild(program, args, { stdio: [...fds, 2, read], env })
  } finally {
    closeSync(write)
    closeSync(read)
  }
}

/** What there is against a login, as a reply. */
const objection = async (popup: Popup, isDigest: boolean, [user = '', secret = '', stamp = '']: readonly Bytes[]): Promise<Bytes | undefined> => {
  const answer = await popup.ask?.(isDigest ? 'apop' : 'plain', user, secret, isDigest ? stamp : '')
  if (answer === undefined || answer.kind === 'good') return undefined
  return answer.kind === 'refused' ? '-ERR authorization failed\r\n' : '-ERR [SYS/TEMP] unable to check passwords now\r\n'
}

/** Has the subprogram take over; what is left to say when it ends. */
const logIn = async (popup: Popup, isDigest: boolean, fields: readonly Bytes[]): Promise<Bytes> => {
  const said = await objection(popup, isDigest, fields)
  if (said !== undefined) return said

  const data = Buffer.from(fields.map((field) => `${field}\0`).join(''), 'latin1')
  let child: ChildProcess
  try {
    child = await startChecker(popup, data)
  } catch (error) {
    return `-ERR unable to open pipe: ${reason(error)}\r\n`
  } finally {
    data.fill(0)
  }
  child.on('error', () => {}) // 'exit' does not follow
  if (child.pid === undefined) return '-ERR authorization failed\r\n'
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  if (signal !== null) return '-ERR aack, child crashed\r\n'
  return code === 0 ? '' : '-ERR authorization failed\r\n'
}

const SYNTAX = '-ERR syntax error\r\n'
const OK = '+OK \r\n'

const STLS = '+OK begin TLS\r\n'
/** What is not said in clear where TLS is required. */
const SECRETS: readonly Bytes[] = ['user', 'pass', 'apop']

/**
 * The answer to CAPA: STLS among the rest, while there is a way to TLS (RFC 2595). A client that once had an answer gets one inside TLS too, where it has to ask again (4). `own`: what there
 * is to say without control/pop3capa; undefined: there never was a way to TLS, and CAPA is as unknown as to qmail.
 */
const capabilityAnswer = ({ capabilities, tls }: Popup, own: Bytes | undefined): Bytes => {
  const known = capabilities ?? own
  if (known === undefined) return '-ERR authorization first\r\n'
  return tls === undefined ? known : known.replace(/\.\r\n$/, 'STLS\r\n.\r\n')
}

/** Goes on inside TLS. What the client said behind STLS is still in the system, where the TLS engine finds it. Throws Gone. */
const turnToTls = async (popup: Popup): Promise<void> => {
  const { tls } = popup
  const variables = tls && (await askForTls(tls))
  if (!tls || !variables) throw new Gone('no handshake')
  Object.assign(popup.env, Object.fromEntries(variables))
  for (const name of ['SSLCTLFD', 'SSLREADFD', 'SSLWRITEFD']) delete popup.env[name]
  popup.tls = undefined
  popup.fds = [tls.read, tls.write]
  const isOne = tls.read === tls.write
  popup.lines = new LineSource(tls.read, SILENCE_SECONDS, isOne)
  popup.output = (isOne ? popup.lines.duplex : undefined) ?? writableFd(tls.write)
}

/** Greets, hears the name and the password, and has the subprogram take over (spec network.md 8.1). Resolves with the exit code. Throws Gone. */
export const popup = async (options: Popup): Promise<number> => {
  const { hostname } = options
  const isTlsRequired = options.env.POP3TLS === '!'
  const isTlsAtHand = options.tls !== undefined
  const stamp = `<${process.pid}.${Math.floor(Date.now() / 1000)}@${hostname}>`
  let user: Bytes | undefined
  const answer = (verb: Bytes, argument: Bytes): Bytes | Bytes[] => {
    const space = argument.indexOf(' ')
    const mayLogIn = !isTlsRequired || options.env.SSL_PROTOCOL !== undefined
    if (!mayLogIn && SECRETS.includes(verb)) return '-ERR [SYS/PERM] TLS first\r\n'
    switch (verb) {
      case 'user':
        if (argument === '') return SYNTAX
        user = argument
        return OK
      case 'pass':
        if (user === undefined) return '-ERR USER first\r\n'
        return argument === '' ? SYNTAX : [user, argument, stamp]
      case 'apop':
        return space < 0 ? SYNTAX : [argument.slice(0, space), argument.slice(space + 1), stamp]
      case 'capa':
        return capabilityAnswer(options, isTlsAtHand ? `+OK \r\n${mayLogIn ? 'USER\r\n' : ''}.\r\n` : undefined)
      case 'stls':
        return options.tls === undefined ? '-ERR unimplemented\r\n' : argument === '' ? STLS : SYNTAX
      case 'quit':
      case 'noop':
        return OK
      default:
        return '-ERR authorization first\r\n'
    }
  }
  await say(options.output, `+OK ${stamp}\r\n`)
  for (let n = 0; n < MAX_COMMANDS; n++) {
    const { verb, argument } = parseCommand((await options.lines.next()).slice(0, -1))
    const said = answer(verb, argument)
    if (typeof said !== 'string') {
      await say(options.output, await logIn(options, verb === 'apop', said))
      break
    }
    await say(options.output, said)
    if (said === STLS) {
      await turnToTls(options)
      user = undefined
    }
    if (verb === 'quit') break
  }
  return POPUP_EXIT
}
