import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import type { Verb } from './dialogue.ts'

/** What is heard in clear where nothing else is (spec modern.md 1.1). */
const ALLOWED: readonly Bytes[] = ['helo', 'ehlo', 'noop', 'quit', 'rset', 'starttls', 'help']

/** Is mail taken within TLS only? */
export const isTlsRequired = (env: Readonly<Env>): boolean => env.FORCE_TLS !== undefined || env.UCSPITLS === '!'

/** Is TLS switched off by variables? */
export const isTlsOff = (env: Readonly<Env>): boolean => env.DISABLETLS === '1' || env.UCSPITLS === '-'

const refuse: Verb = (dialogue) => dialogue.say('530 Must issue a STARTTLS command first (#5.7.0)')

/** What a verb, in lower case, does where TLS has to come first. */
export const tlsFirst = (verb: Bytes, action: Verb): Verb => (ALLOWED.includes(verb) ? action : refuse)
