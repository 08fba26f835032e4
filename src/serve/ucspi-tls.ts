import { fstatSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import type { Bytes } from '../core/bytes.ts'
import { writeFd } from '../core/fdio.ts'
import type { Env } from '../core/run.ts'
import { duplexFd, readableFd, writableFd } from '../net/stdio.ts'
import type { Ends, TlsStarter } from './tls.ts'

/** The descriptors UCSPI-TLS gives a program (spec modern.md 1.3). */
export interface TlsFds {
  control: number
  read: number
  write: number
}

/** More than a server may tell of a handshake. */
const MAX_VARIABLES_BYTES = 65_536

const isOpen = (fd: number): boolean => {
  try {
    fstatSync(fd)
    return true
  } catch {
    return false
  }
}

/** The descriptors named by the environment; undefined: none are, or not by numbers of open ones. */
export const tlsFdsOf = (env: Readonly<Env>): TlsFds | undefined => {
  const [control, read, write] = ['SSLCTLFD', 'SSLREADFD', 'SSLWRITEFD'].map((name) => (/^[0-9]{1,6}$/.test(env[name] ?? '') ? Number(env[name]) : undefined))
  if (control === undefined || read === undefined || write === undefined || ![control, read, write].every(isOpen)) return undefined
  return { control, read, write }
}

/** `NAME=value NUL ...` as variables. */
export const variablesIn = (text: Bytes): [string, Bytes][] =>
  text
    .split('\0')
    .filter((pair) => /^[A-Za-z_][A-Za-z0-9_]*=/.test(pair))
    .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])

/** Reads variables up to two NULs in a row; undefined: the end came before. */
const readVariables = (control: Readable): Promise<[string, Bytes][] | undefined> =>
  new Promise((resolve) => {
    let text = ''
    const finish = (variables: [string, Bytes][] | undefined): void => {
      control.destroy()
      resolve(variables)
    }
    control.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (text.endsWith('\0\0')) finish(variablesIn(text))
      else if (text.length > MAX_VARIABLES_BYTES) finish(undefined)
    })
    for (const event of ['end', 'error', 'close']) control.on(event, () => finish(undefined))
  })

/** Says something; false: nobody is there to hear it. */
export const written = (output: Writable, text: Bytes): Promise<boolean> => new Promise((resolve) => output.write(text, 'latin1', (error) => resolve(!error)))

/** Asks for TLS: what is known of the handshake; undefined: there was none. From the call on, nobody may read from the connection in clear. */
export const askForTls = async ({ control }: TlsFds): Promise<[string, Bytes][] | undefined> => {
  const answer = readableFd(control)
  try {
    writeFd(control, 'Y')
  } catch {
    answer.destroy()
    return undefined // who should have heard it is gone
  }
  return readVariables(answer)
}

/** The inside of TLS. */
export const insideOf = ({ read, write }: TlsFds): Ends => {
  if (read !== write) return { input: readableFd(read), output: writableFd(write) }
  const both = duplexFd(read)
  return { input: both, output: both }
}

/** The way to TLS of a program with a connection of its own, by UCSPI-TLS; undefined: the server it runs under has none. */
export const ucspiTls = (env: Readonly<Env>): TlsStarter | undefined => {
  const fds = tlsFdsOf(env)
  return (
    fds && {
      isAble: () => true,
      start: async ({ input, output }, ready) => {
        input.destroy() // before the client hears that it may begin: the server has a copy of its own
        const variables = (await written(output, ready)) ? await askForTls(fds) : undefined
        output.destroy()
        if (!variables) return { kind: 'gone' }
        return { kind: 'secured', ends: insideOf(fds), variables }
      }
    }
  )
}
