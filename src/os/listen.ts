import { unlinkSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { errorCode, reason, Temporary } from '../core/failure.ts'

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
 * Listens on a Unix socket. Its folder is 0700 and its owner's: whoever can enter it may connect, hence a socket for everybody,
 * made so by the umask: a path in a folder that another account owns is never chmodded by root. Connections beyond `maxConnections` are refused.
 * Rejects with Temporary.
 */
export const listenAt = async (path: string, maxConnections: number, accept: (socket: Socket) => void): Promise<Server> => {
  const umask = process.umask(0)
  try {
    for (let attempt = 1; ; attempt++) {
      unlinkStale(path)
      const server = createServer({ allowHalfOpen: true }, accept)
      server.maxConnections = maxConnections
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
