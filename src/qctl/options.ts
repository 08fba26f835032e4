import minimist from 'minimist'
import type { Bytes } from '../core/bytes.ts'
import { Usage } from '../core/failure.ts'
import { type MessageState, type Selection, STATES, type Verb } from '../queue/ctl-wire.ts'
import { isEverything } from '../queue/selection.ts'

export const USAGE = `qmail-qctl: usage: qmail-qctl COMMAND [ID ...] [--sender PATTERN] [--recipient PATTERN] [--domain PATTERN]
       [--older TIME] [--younger TIME] [--state STATE] [--all] [--json] [--dry-run]
       qmail-qctl flush DOMAIN
commands: list show hold release retry delete bounce flush`

/** What is asked for. */
export interface QctlOptions {
  verb: Verb
  select: Selection
  isJson: boolean
  isDryRun: boolean
}

const COMMANDS: Record<string, Verb> = {
  list: 'list',
  show: 'headers',
  hold: 'hold',
  release: 'release',
  retry: 'retry',
  delete: 'delete',
  bounce: 'bounce',
  flush: 'retry'
}
const STRINGS = ['sender', 'recipient', 'domain', 'older', 'younger', 'state']
const BOOLEANS = ['all', 'json', 'dry-run']
const UNIT_SECONDS: Record<string, number> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

const usage = (why: string): Usage => new Usage(`qmail-qctl: ${why}\n${USAGE}`)

const seconds = (option: string, text: Bytes | undefined): number | undefined => {
  if (text === undefined) return undefined
  const [, digits, unit = ''] = /^([0-9]{1,9})([smhdw]?)$/.exec(text) ?? []
  if (digits === undefined) throw usage(`--${option} takes a number of seconds, or one with s, m, h, d or w: ${text}`)
  return Number(digits) * (UNIT_SECONDS[unit] ?? 1)
}

const stateNamed = (text: Bytes | undefined): MessageState | undefined => {
  const state = STATES.find((name) => name === text)
  if (text !== undefined && state === undefined) throw usage(`--state takes one of ${STATES.join(' ')}`)
  return state
}

/** The null sender is also written as people see it. */
const senderOf = (text: Bytes | undefined): Bytes | undefined => (text === '<>' ? '' : text?.replace(/^<(.*)>$/, '$1'))

const idsOf = (words: readonly Bytes[]): number[] | undefined => {
  const wrong = words.find((word) => !/^#?[0-9]{1,15}$/.test(word))
  if (wrong !== undefined) throw usage(`not the number of a message: ${wrong}`)
  return words.length === 0 ? undefined : words.map((word) => Number(word.replace('#', '')))
}

/** What was said for certain: what is undefined is left out. */
const said = <T extends object>(values: { [K in keyof T]: T[K] | undefined }): T =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T

/** qmail-qctl's command line. Throws Usage. */
export const parseQctlOptions = ([command = '', ...args]: readonly Bytes[]): QctlOptions => {
  const verb = COMMANDS[command]
  if (verb === undefined) throw usage(command === '' ? 'which command?' : `no such command: ${command}`)
  const refuse = (word: string): boolean => {
    if (word.startsWith('-')) throw usage(`no such option: ${word}`)
    return true
  }
  const parsed = minimist(args, { string: [...STRINGS, '_'], boolean: BOOLEANS, unknown: refuse })
  const value = (name: string): Bytes | undefined => {
    const given: unknown = parsed[name]
    if (Array.isArray(given)) throw usage(`--${name} was given twice`)
    return typeof given === 'string' ? given : undefined
  }
  const isFlush = command === 'flush'
  if (isFlush && (parsed._.length !== 1 || value('domain') !== undefined)) throw usage('flush takes a domain')
  const select = said<Selection>({
    ids: isFlush ? undefined : idsOf(parsed._),
    sender: senderOf(value('sender')),
    recipient: value('recipient'),
    domain: isFlush ? parsed._[0] : value('domain'),
    olderThan: seconds('older', value('older')),
    youngerThan: seconds('younger', value('younger')),
    state: stateNamed(value('state'))
  })
  if (verb !== 'list' && isEverything(select) && parsed.all !== true) throw usage('which messages? (--all: every one)')
  return { verb, select, isJson: parsed.json === true, isDryRun: parsed['dry-run'] === true }
}
