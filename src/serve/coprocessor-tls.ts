import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { reason } from '../core/failure.ts'
import { logLine } from '../core/logline.ts'
import type { Env } from '../core/run.ts'
import { askAble, CoprocessorSession, REQUEST } from '../net/coprocessor.ts'
import type { TlsStarter, Turned } from './tls.ts'
import { variablesIn, written } from './ucspi-tls.ts'

/** A last reply is on its way to the client within this time, or is not heard. */
const DRAIN_MILLISECONDS = 10_000

/** A way to TLS that ends with this process. */
export interface CoprocessorTls extends TlsStarter {
  /** Resolves when all that was said inside TLS is with the system, or that takes too long: to be waited for before the process ends. */
  drained: () => Promise<void>
}

/** Copies ciphertext both ways. Resolves when no more is to come from the coprocessor, and all of it is with the system. */
const copy = ({ cipher }: CoprocessorSession, input: Readable, output: Writable): Promise<void> =>
  new Promise((resolve) => {
    for (const stream of [input, output]) stream.on('error', () => cipher.destroy())
    for (const event of ['finish', 'close']) output.on(event, () => resolve())
    cipher.on('close', () => {
      input.destroy()
      output.destroy()
    })
    input.pipe(cipher)
    cipher.pipe(output)
  })

/**
 * The way to TLS of a program with a connection of its own, under a server that knows nothing of it (spec modern.md 1.3): `qmail-tlsd -c` has the keys, we have
 * the connection. Undefined: there is no certificate that can be used, or no qmail-tlsd; then a line in the log says why. `name`: the program's.
 */
export const coprocessorTls = async (home: string, name: string, env: Readonly<Env>): Promise<CoprocessorTls | undefined> => {
  const path = join(home, 'run', 'smtpd', 'tls')
  try {
    await askAble(path)
  } catch (error) {
    logLine(2, `${name}: warning: STARTTLS is not offered: no TLS by qmail-tlsd: ${reason(error)}`)
    return undefined
  }
  let copied: Promise<void> = Promise.resolve()
  const start: TlsStarter['start'] = async ({ input, output }, ready): Promise<Turned> => {
    let session: CoprocessorSession
    try {
      session = await CoprocessorSession.open(path, REQUEST.server, [env.TCPLOCALIP ?? ''])
    } catch (error) {
      logLine(2, `${name}: warning: no TLS by qmail-tlsd: ${reason(error)}`)
      return { kind: 'clear', ends: { input, output } }
    }
    const isInjected = ready !== '' && input.readableLength > 0 // where TLS comes at once, that is its beginning
    if (isInjected || !(await written(output, ready))) {
      session.destroy()
      return { kind: 'gone' }
    }
    copied = copy(session, input, output)
    try {
      const [variables] = await session.handshake()
      return { kind: 'secured', ends: { input: session.plain, output: session.plain }, variables: variablesIn(variables?.toString('latin1') ?? '') }
    } catch {
      session.destroy() // qmail-tlsd says in the log why
      return { kind: 'gone' }
    }
  }
  const drained = async (): Promise<void> => {
    let patience: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      patience = setTimeout(resolve, DRAIN_MILLISECONDS)
    })
    await Promise.race([copied, late])
    clearTimeout(patience)
  }
  return { isAble: () => true, start, drained }
}
