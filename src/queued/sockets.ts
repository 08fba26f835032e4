import { unlinkSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { errorCode, reason, Temporary } from '../core/failure.ts'

/** More than all sessions of our own programs together; beyond it connections are refused. */
const MAX_CONNECTIONS = 2000
const ATTEMPTS = 3

const unlinkStale = (path: string): void => {
  try {
    unlinkSync(path)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw new Temporary(`unable to remove ${path}: ${reason(error)}`, { cause: error })
  }
}

const listen = (server: Server, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })

/**
 * Listens on HOME/run/FOLDER/socket. The folder is 0700 and its owner's: whoever can enter it may connect, hence a socket for everybody,
 * made so by the umask: a path in a folder that another account owns is never chmodded by root. Rejects with Temporary.
 */
export const listenIn = async (home: string, folder: 'smtpd' | 'send', accept: (socket: Socket) => void): Promise<Server> => {
  const path = join(home, 'run', folder, 'socket')
  const umask = process.umask(0)
  try {
    for (let attempt = 1; ; attempt++) {
      unlinkStale(path)
      const server = createServer({ allowHalfOpen: true }, accept)
      server.maxConnections = MAX_CONNECTIONS
      try {
        await listen(server, path)
        return server
      } catch (error) {
        if (errorCode(error) !== 'EADDRINUSE' || attempt === ATTEMPTS) throw new Temporary(`unable to listen on ${path}: ${reason(error)}`, { cause: error })
      }
    }
  } finally {
    process.umask(umask)
  }
}
