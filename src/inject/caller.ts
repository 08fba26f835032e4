import { readFileSync } from 'node:fs'
import type { Bytes } from '../core/bytes.ts'
import { splitAddress } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import { userNamed } from '../os/ids.ts'
import { firstSet, USER_VARIABLES } from './identity.ts'
import type { SendmailOptions } from './sendmail-options.ts'

const passwdText = (): Bytes => {
  try {
    return readFileSync('/etc/passwd', 'latin1')
  } catch {
    // it only serves to find a better name than anonymous
    return ''
  }
}

const withSender = (env: Env, sender: Bytes): Env => {
  const { QMAILNAME, MAILNAME, NAME, QMAILHOST, MAILHOST, ...rest } = env
  const { box, host } = splitAddress(sender)
  return { ...rest, QMAILUSER: box, ...(host === undefined ? {} : { QMAILHOST: host }) }
}

/** The environment qmail-inject gets: -F names the person, -f the whole From (and cancels -F: spec injection-admin.md 3.2); a caller without a name gets its own. */
export const callerEnv = (given: Env, { sender, name }: SendmailOptions, uid: number): Env => {
  const env = name === undefined ? given : { ...given, MAILNAME: name }
  if (sender !== undefined) return withSender(env, sender)
  if (firstSet(env, USER_VARIABLES) !== undefined) return env
  const user = userNamed(passwdText(), uid)
  return user === undefined ? env : { ...env, USER: user }
}
