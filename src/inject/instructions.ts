import { readSetting } from '../control/read.ts'
import { type Bytes, lower } from '../core/bytes.ts'
import { Temporary } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import { ownList } from './own-list.ts'

/** One instruction of control/rewriting: to hosts that are or end in `post`, by its kind. */
export interface Instruction {
  kind: '=' | '*' | '?' | '-'
  /** In lower case. */
  post: Bytes
  replacement: Bytes
}

/** An instruction as written, `KINDpost:new`. What is none is Temporary: mail that ought to be rewritten waits for its mending. */
const instructionOf = (line: Bytes): Instruction => {
  const [, kind, post = '', replacement = ''] = /^([=*?-])([^:]*):([\s\S]*)$/.exec(line) ?? []
  if (kind === undefined) throw new Temporary(`no instruction for rewriting: ${line}`)
  return { kind: kind as Instruction['kind'], post: lower(post), replacement }
}

/** What $QMAILREWRITEFILE says, else control/rewriting; undefined without either. Throws Temporary. */
export const readInstructions = (home: string, env: Env): Instruction[] | undefined =>
  (ownList(env.QMAILREWRITEFILE) ?? readSetting(home, 'rewriting'))?.map(instructionOf)

const hasDotOrBracket = (text: Bytes): boolean => /[.[\]]/.test(text)

const followed = (host: Bytes, { kind, post, replacement }: Instruction): Bytes => {
  const start = host.length - post.length
  if (start < 0 || lower(host.slice(start)) !== post) return host
  const pre = host.slice(0, start)
  if (kind === '=') return pre === '' ? replacement : host
  if (kind === '-') return replacement
  return kind === '?' && hasDotOrBracket(pre) ? host : pre + replacement
}

/** A host name after all instructions, each followed once at most, in their order. `''`: an address without a host. */
export const followInstructions = (host: Bytes, instructions: readonly Instruction[]): Bytes => instructions.reduce(followed, host)
