import { type Bytes, toBuffer } from '../core/bytes.ts'
import { Temporary } from '../core/failure.ts'
import { runChild } from '../os/child.ts'
import type { User } from './user.ts'

/** PAM's own helper: it knows how this machine keeps passwords, and checks any user's for root, everybody else's own. */
const HELPERS = ['/usr/sbin/unix_chkpwd', '/sbin/unix_chkpwd']
const ENV = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }
/** PAM_SUCCESS; and PAM_NEW_AUTHTOK_REQD, the password is old but good. */
const GOOD_ACCOUNT = [0, 12]

/** The account of this name, wherever the system keeps it; undefined: there is none. Throws Temporary. */
export const systemUser = (name: Bytes): User | undefined => {
  if (!/^[A-Za-z0-9._][A-Za-z0-9._@+-]*$/.test(name)) return undefined
  const { code, stdout } = runChild('getent', ['passwd', name], { stdio: ['ignore', 'pipe', 'ignore'], env: ENV })
  if (code === 2) return undefined
  if (code !== 0) throw new Temporary('unable to look up users')
  const [account, , uid = '', gid = '', , home = '', shell = ''] = stdout.toString('latin1').split('\n', 1)[0]?.split(':') ?? []
  if (account !== name || !/^\d+$/.test(uid) || !/^\d+$/.test(gid)) return undefined
  return { name, uid: Number(uid), gid: Number(gid), home, shell }
}

const runHelper = (args: string[], input: Buffer): number => {
  for (const helper of HELPERS) {
    const { code, error } = runChild(helper, args, { stdio: ['pipe', 'ignore', 'ignore'], env: ENV, input })
    if (error === undefined && code !== null) return code
  }
  throw new Temporary('unable to run unix_chkpwd')
}

/** Is this the user's password, and may the account be used? An unknown user is asked about like all others. Throws Temporary. */
export const fitsSystem = (name: Bytes, password: Bytes): boolean => {
  if (name === '' || /[\0\n]/.test(name) || name.startsWith('-') || password === '') return false
  return runHelper([name, 'nonull'], toBuffer(`${password}\0`)) === 0 && GOOD_ACCOUNT.includes(runHelper([name, 'chkexpiry'], Buffer.alloc(0)))
}
