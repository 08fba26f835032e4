import { statSync } from 'node:fs'
import { join } from 'node:path'
import { listOf, readText } from '../control/read.ts'
import type { Bytes } from '../core/bytes.ts'

/** Files of control/ that may hold passwords, for relays or keys. */
const FILES = ['authsenders', 'smtproutes', 'domaincerts'] as const
const EVERYBODY = 0o004

/** Is there a name and a password behind the relay, as `relay|user|password` (or `certificate|key|password`), or the older way with blanks (spec modern.md 3.3)? */
export const hasPassword = (line: Bytes): boolean => /\|[^|]*\|./.test(line) || /^[^:]*:[^\s|]+\s+\S+\s+\S/.test(line)

/** Files with passwords that everybody can read. Throws Temporary where one of them cannot be read. */
export const passwordWarnings = (home: string): string[] =>
  FILES.filter((name) => {
    const text = readText(home, name)
    return text !== undefined && listOf(text).some(hasPassword) && (statSync(join(home, 'control', name)).mode & EVERYBODY) !== 0
  }).map((name) => `${name}: everybody can read its passwords`)
