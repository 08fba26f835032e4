import { ruleKeys } from '../../accept/rules.ts'
import { type Bytes, lower } from '../../core/bytes.ts'
import { formsOf } from '../../format/unicode/a-labels.ts'

/** Who sends: a user who has logged in, and where it is. */
export interface RulesClient {
  /** In lower case. */
  user: Bytes
  ip: Bytes
  host: Bytes | undefined
}

/** The keys of a client's rule in control/mailfromrules.cdb, in this order: the user at its address or host, the user, then as tcprules has them. */
const keysOf = ({ user, ip, host }: RulesClient): Bytes[] => {
  const keys = ruleKeys({ ip, host, info: user })
  const users = keys.filter((key) => key.startsWith(`${user}@`))
  return [...users, user, ...keys.filter((key) => !users.includes(key))]
}

/** Does a sender fit a value: a whole address, or the end of one (`@domain`, `.domain`, `domain`)? Domains may be A-labels. */
const fits = (sender: Bytes, value: Bytes): boolean => formsOf(sender).some((form) => (value.indexOf('@') > 0 ? form === value : form.endsWith(value)))

/**
 * May this client use this sender, in lower case, by the rules (spec modern.md 2.5, 1)? Undefined: there is no rule for it. A rule is a list of values joined by `&`; an empty
 * one lets all senders, and a value with `-` in front shuts some out. `get` looks a key up.
 */
export const verdictByRules = (client: RulesClient, sender: Bytes, get: (key: Bytes) => Bytes | undefined): boolean | undefined => {
  const rule = keysOf(client)
    .map(get)
    .find((found) => found !== undefined)
  if (rule === undefined) return undefined
  const values = lower(rule)
    .split('&')
    .filter((value) => value !== '')
  const [shut, open] = [values.filter((value) => value.startsWith('-')), values.filter((value) => !value.startsWith('-'))]
  if (shut.some((value) => fits(sender, value.slice(1)))) return false
  return open.length === 0 || open.some((value) => fits(sender, value))
}
