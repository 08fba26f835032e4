import { connect, type Socket } from 'node:net'
import { errorCode, reason, Temporary } from '../core/failure.ts'

/** Where to connect from and to. */
export interface Dial {
  ips: readonly string[]
  port: number
  localIp: string | undefined
  localPort: number
  /** How long an address is tried, in seconds: at first, and once more when the others have been tried. */
  patience: [first: number, again: number]
  /** Told of every address that could not be connected to. */
  onFailure: (ip: string, why: string) => void
}

class TimedOut extends Error {}
/** The longest delay a timer of this platform takes. */
const MAX_MILLISECONDS = 0x7fffffff

/** A connection that nothing is read from yet. Rejects with TimedOut, Temporary (the local address is no good), or the system's error. */
const tryOne = ({ port, localIp, localPort }: Dial, ip: string, seconds: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({
      host: ip,
      port,
      allowHalfOpen: true,
      ...(localIp === undefined ? {} : { localAddress: localIp }),
      ...(localPort === 0 ? {} : { localPort })
    })
    socket.pause()
    const timer = setTimeout(
      () => {
        socket.destroy()
        reject(new TimedOut('timed out'))
      },
      Math.min(seconds * 1000, MAX_MILLISECONDS)
    )
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve(socket)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      const isBind = error.syscall === 'bind'
      reject(isBind ? new Temporary(`unable to bind socket: ${reason(error)}`) : errorCode(error) === 'ETIMEDOUT' ? new TimedOut('timed out') : error)
    })
  })

/** Connects to the first address that answers (spec network.md 2.4); undefined when none does. Throws Temporary when the local address is no good. */
export const dial = async (to: Dial): Promise<Socket | undefined> => {
  const [first, again] = to.patience
  const rounds = to.ips.length === 1 ? [first + again] : [first, again]
  let left = to.ips
  for (const [round, seconds] of rounds.entries()) {
    const silent: string[] = []
    for (const ip of left) {
      try {
        return await tryOne(to, ip, seconds)
      } catch (error) {
        if (error instanceof Temporary) throw error
        if (error instanceof TimedOut && round + 1 < rounds.length) silent.push(ip)
        else to.onFailure(ip, reason(error))
      }
    }
    left = silent
  }
  return undefined
}
