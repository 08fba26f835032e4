import type { Bytes } from '../core/bytes.ts'
import { Permanent } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import { askAuthDoor } from '../serve/auth-ask.ts'
import { openDoor } from '../serve/door.ts'
import { givenChecker } from '../serve/given-checker.ts'
import type { Popup } from './popup.ts'

/**
 * What a login comes to: the subprogram, and with the suite's authclient before it, qmail-authd's word first, so that guessing is slowed; the subprogram still gets
 * descriptor 3, to become the user. Throws Permanent where authclient has none.
 */
export const checkedBy = (home: string, [name = '', ...others]: readonly Bytes[], env: Env): Pick<Popup, 'program' | 'args' | 'ask'> => {
  const given = givenChecker(home, [name, ...others], env.PATH)
  if (given.kind !== 'authd') return { program: name, args: others, ask: undefined }
  const [program, ...args] = given.rest
  if (program === undefined) throw new Permanent('authclient needs a subprogram here')
  const { TCPREMOTEIP: ip = '', TCPLOCALIP: localIp = '' } = env
  const ask: Popup['ask'] = (method, user, secret, challenge) =>
    askAuthDoor(() => openDoor(home, 'auth'), { method, service: 'pop3', ip, localIp, user, secret, challenge })
  return { program, args, ask }
}
