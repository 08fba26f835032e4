import { readFileSync } from 'node:fs'
import { type Bytes, fsPath, lower } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { errorCode, reason, Temporary } from '../core/failure.ts'
import { getopt } from '../core/getopt.ts'
import { logLine } from '../core/logline.ts'
import type { Context, Env } from '../core/run.ts'
import { type Token, unquoted } from '../format/token822.ts'
import { fileMessage } from '../os/message.ts'
import { feedProgram } from '../os/piped.ts'
import { after, submitWhole } from '../submit/whole.ts'
import { judge } from './commands.ts'
import { itemsOf } from './items.ts'
import { type Domains, hasDomain, qualify, readDomains } from './qualify.ts'

const USAGE = 'dot-forward: usage: dot-forward [ -nN ] file ...'
const FD = { message: 0, report: 2 } as const

/** One address of a .forward file, as what is to be done with it. */
export type Step = { kind: 'direct' } | { kind: 'nothing' } | { kind: 'command'; argument: Bytes } | { kind: 'forward'; argument: Bytes }

/** Whose .forward it is, and how addresses become complete. */
interface Owner {
  user: Bytes
  host: Bytes
  domains: Domains
}

const isOwner = (text: Bytes, isFull: boolean, { user, host }: Owner): boolean => lower(text) === lower(isFull ? `${user}@${host}` : user)

const stepOf = (address: Token[], owner: Owner): Step => {
  const text = unquoted(address)
  const isFull = hasDomain(address)
  if (text === '') return { kind: 'nothing' }
  if (isOwner(text, isFull, owner)) return { kind: 'direct' }
  if (!isFull && text.startsWith('/')) throw new Temporary(`file delivery to ${text} is not supported`)
  if (!isFull && text.startsWith('|')) return { kind: 'command', argument: text.slice(1) }
  return { kind: 'forward', argument: qualify(address, owner.domains) }
}

/** The steps a line of .forward asks for, the rightmost address first (spec local-delivery.md 7). Temporary when it cannot be read. */
function* stepsOf(line: Bytes, owner: Owner): Generator<Step> {
  if (line.startsWith('#')) return
  const items = itemsOf(line, false)
  if (items === undefined) throw new Temporary(`unable to parse this line: ${line}`)
  for (const item of items) if (item.kind === 'address') yield stepOf(item.tokens, owner)
}

/** How the steps are carried out, or only said. */
interface Ways {
  command: (command: Bytes) => Promise<void>
  /** Called for each recipient as it is read; forward, once for all of them, at the end of the file. */
  recipient: (address: Bytes) => void
  forward: (recipients: readonly Bytes[]) => Promise<void>
  direct: () => void
  skip: (file: Bytes) => void
}

const textOf = (file: Bytes): Bytes | undefined => {
  try {
    return readFileSync(fsPath(file), 'latin1')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw new Temporary(`unable to read ${file}: ${reason(error)}`, { cause: error })
  }
}

/** Does what one file says. Undefined: it says nothing. */
const obey = async (file: Bytes, text: Bytes, owner: Owner, ways: Ways): Promise<number | undefined> => {
  const recipients: Bytes[] = []
  let [isDirect, isBusy] = [false, false]
  for (const [i, line] of text.split('\n').entries()) {
    try {
      for (const step of stepsOf(line, owner)) {
        isBusy ||= step.kind !== 'nothing'
        if (step.kind === 'direct') isDirect = true
        else if (step.kind === 'command') await ways.command(step.argument)
        else if (step.kind === 'forward') {
          ways.recipient(step.argument)
          recipients.push(step.argument)
        }
      }
    } catch (error) {
      if (error instanceof Temporary && error.message !== '') throw new Temporary(`${file} line ${i + 1}: ${error.message}`, { cause: error })
      throw error
    }
  }
  if (!isBusy) return undefined
  if (recipients.length > 0) await ways.forward(recipients)
  if (isDirect) ways.direct()
  return isDirect ? Exit.ok : Exit.skipRest
}

const describing = (): Ways => {
  const say = (text: Bytes): void => logLine(FD.report, text)
  return {
    command: async (command) => say(`pipe through ${command}`),
    recipient: (address) => say(`forward ${address}`),
    forward: async () => {},
    direct: () => say('direct delivery'),
    skip: (file) => say(`skipping empty file ${file}`)
  }
}

const delivering = (home: string, env: Env): Ways => {
  const { UFLINE = '', RPLINE = '', DTLINE = '', NEWSENDER = '' } = env
  const message = fileMessage(FD.message)
  return {
    command: async (command) => {
      const pieces = after(UFLINE + RPLINE + DTLINE, message.chunks())
      judge((await feedProgram(['/bin/sh', '-c', command], pieces, env)).code)
    },
    recipient: () => {},
    forward: async (recipients) => {
      const whole = { pieces: after(DTLINE, message.chunks()), sender: NEWSENDER, recipients }
      const qp = await submitWhole({ home, env }, whole, (text) => `unable to forward message: ${text}`)
      logLine(FD.report, `dot-forward: info: qp ${qp}`)
    },
    direct: () => {},
    skip: () => {}
  }
}

/** dot-forward: does what sendmail's users wrote into their .forward (spec local-delivery.md 7). Exit 99: done; 0: deliver as well, or there was nothing to do. */
export const dotForward = async ({ args, env, home }: Context): Promise<number> => {
  const { options, operands } = getopt('dot-forward', 'nN', USAGE, args)
  const ways = options.at(-1)?.letter === 'n' ? describing() : delivering(home, env)
  const owner = { user: env.USER ?? '', host: env.HOST ?? '', domains: readDomains(home) }
  for (const file of operands) {
    const text = textOf(file)
    const exit = text === undefined ? undefined : await obey(file, text, owner, ways)
    if (exit !== undefined) return exit
    if (text !== undefined) ways.skip(file)
  }
  ways.direct()
  return Exit.ok
}
