import { type Bytes, lower } from '../core/bytes.ts'

/** The records of morercpthosts.cdb: each line in lower case without trailing blanks; empty ones and those that start with `#` do not count (spec local-delivery.md 2.6). */
export const hostRecords = (text: Bytes): [Bytes, Bytes][] =>
  text
    .split('\n')
    .map((line) => lower(line.replace(/[ \t]+$/, '')))
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => [line, ''])
