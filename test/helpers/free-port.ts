import { createServer } from 'node:net'

/** Below the ports that the system gives out by itself (to whoever connects, or binds port 0), above those of well-known services. */
const [FIRST, COUNT] = [12_000, 20_000]

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer().on('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

/**
 * A free port of 127.0.0.1, for a program that must be told one and cannot say which it took (`startServer` is better where it can). Between
 * this answer and the program's bind nobody gets it but by asking for this very number: one of many, chosen at random.
 */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT)
    if (await isFree(port)) return port
  }
}
