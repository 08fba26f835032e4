import { readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { listOf } from '../control/read.ts'
import type { Bytes } from '../core/bytes.ts'
import { reason, Temporary } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import { runPlugin } from './plugin.ts'

/** The moments qmail-spp's plug-ins are asked at (spec network.md 10.5); only the first letter counts. */
export const SPP_SECTIONS = ['connection', 'helo', 'mail', 'rcpt', 'data', 'auth'] as const
export type SppSection = (typeof SPP_SECTIONS)[number]

export type SppPlugins = Readonly<Record<SppSection, readonly Bytes[]>>

const sectionOf = (letter: string): SppSection | undefined => SPP_SECTIONS.find((name) => name.startsWith(letter === 'p' ? 'a' : letter))

/** The programs of control/smtpplugins, or of $SPPCONFFILE, by section. Throws Temporary when the file cannot be read. */
export const readPlugins = (home: string, env: Env): SppPlugins => {
  const name = env.SPPCONFFILE ?? join('control', 'smtpplugins')
  let text: Bytes
  try {
    text = readFileSync(isAbsolute(name) ? name : join(home, name), 'latin1')
  } catch (error) {
    throw new Temporary(`unable to read ${name}: ${reason(error)}`, { cause: error })
  }
  const plugins: Record<SppSection, Bytes[]> = { connection: [], helo: [], mail: [], rcpt: [], data: [], auth: [] }
  let section: SppSection | undefined
  for (const line of listOf(text)) {
    const head = /^\[(.)/.exec(line)?.[1]
    if (head !== undefined) section = sectionOf(head.toLowerCase())
    else if (section !== undefined) plugins[section].push(line)
  }
  return plugins
}

/** What the plug-ins of one moment came to, beside what they did on the way. */
export type SppOutcome =
  /** The usual checks, or none of them, decide. */
  | { kind: 'next'; isExempt: boolean; address: Bytes | undefined }
  /** The command fails, and this is the reply. */
  | { kind: 'fail'; reply: Bytes }
  /** The session ends, with this reply or none. */
  | { kind: 'drop'; reply: Bytes | undefined }

/** What plug-ins may do to a session. */
export interface SppHost {
  home: string
  /** The session's environment, which plug-ins change. */
  env: Env
  seconds: number
  /** A line for the client. */
  print: (line: Bytes) => void
  /** A header line for the message. */
  addHeader: (line: Bytes) => void
}

/** The plug-ins of one session, and what they said for later. */
export class Spp {
  readonly #plugins: SppPlugins
  readonly #host: SppHost
  readonly #delayed = new Map<SppSection, Bytes>()
  #isOff = false

  constructor(plugins: SppPlugins, host: SppHost) {
    this.#plugins = plugins
    this.#host = host
  }

  /** Asks the plug-ins of a moment, one after another, until one decides. `facts`: variables of the session. Never fails. */
  async ask(section: SppSection, facts: Env): Promise<SppOutcome> {
    const late = this.#delayed.get(section)
    if (late !== undefined) {
      this.#delayed.delete(section)
      return { kind: 'fail', reply: late }
    }
    const state = { address: undefined as Bytes | undefined }
    for (const program of this.#isOff ? [] : this.#plugins[section]) {
      const outcome = await this.#run(program, facts, state)
      if (outcome !== undefined) return outcome
      if (this.#isOff) break
    }
    return { kind: 'next', isExempt: false, address: state.address }
  }

  async #run(program: Bytes, facts: Env, state: { address: Bytes | undefined }): Promise<SppOutcome | undefined> {
    const { home, env, seconds } = this.#host
    const { exit, trouble, text } = await runPlugin({ program, env: { ...env, ...facts }, home, speaksOn: 1, seconds })
    if (exit === undefined || exit === 120) {
      return { kind: 'fail', reply: `451 qmail-spp failure: ${program}: ${trouble === '' ? 'unable to run it' : trouble} (#4.3.0)` }
    }
    for (const line of text.split('\n').filter((l) => l !== '')) {
      const outcome = this.#obey(line.charAt(0), line.slice(1).replace(/\r$/, ''), state)
      if (outcome !== undefined) return outcome
    }
    return undefined
  }

  #obey(letter: string, rest: Bytes, state: { address: Bytes | undefined }): SppOutcome | undefined {
    const { env, print, addHeader } = this.#host
    const next = { kind: 'next', address: state.address } as const
    switch (letter) {
      case 'A':
        this.#isOff = true
        return undefined
      case 'N':
        return { ...next, isExempt: false }
      case 'O':
        return { ...next, isExempt: true }
      case 'D':
        return { kind: 'drop', reply: undefined }
      case 'E':
        return { kind: 'fail', reply: rest }
      case 'R':
        return { kind: 'drop', reply: rest }
      case 'P':
        print(rest)
        return undefined
      case 'L':
        this.#delay(rest)
        return undefined
      case 'H':
        addHeader(rest)
        return undefined
      case 'S':
        if (rest.includes('=')) env[rest.slice(0, rest.indexOf('='))] = rest.slice(rest.indexOf('=') + 1)
        return undefined
      case 'U':
        delete env[rest]
        return undefined
      case 'C':
        state.address = rest
        return undefined
      default:
        return undefined
    }
  }

  #delay(rest: Bytes): void {
    const section = ({ M: 'mail', R: 'rcpt', D: 'data' } as const)[rest.charAt(0)]
    if (section !== undefined) this.#delayed.set(section, rest.slice(1))
  }
}
