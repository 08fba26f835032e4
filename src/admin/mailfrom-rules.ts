import { type Bytes, lower } from '../core/bytes.ts'

/**
 * The records of control/mailfromrules.cdb: of each line `KEY&VALUE&VALUE...` the key in lower case, and the values. Where a line has no `&`, colons stand for it, as
 * SPAMCONTROL had it: one after the key, others between values. Empty lines and those that start with `#` do not count.
 */
export const mailfromRecords = (text: Bytes): [Bytes, Bytes][] =>
  text
    .split('\n')
    .map((line) => line.replace(/[ \t]+$/, ''))
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [key = '', ...values] = line.split(line.includes('&') ? '&' : ':')
      return [lower(key), values.join('&')]
    })
