import { userInfo } from 'node:os'

const hasAccount = (): boolean => {
  try {
    return userInfo().username !== ''
  } catch {
    return false
  }
}

/** For `skip`, where a peer wants to know the name of who runs it: a uid may have none, as in a container. Or false. */
export const withoutAccount = hasAccount() ? false : `uid ${process.getuid?.()} has no account, whose name the peer wants to know`
