import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { Bytes } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { reason, Temporary } from '../core/failure.ts'
import { logLine } from '../core/logline.ts'
import type { Env } from '../core/run.ts'
import { literalAddress, nameFinder } from '../net/find-names.ts'
import { addressesOf, tcpVariables, withVariables } from '../net/peer.ts'
import { portOf } from '../net/service.ts'
import { startChild } from '../os/child.ts'
import { findProgram } from '../os/exec.ts'
import { dial } from './dial.ts'
import type { TcpclientOptions } from './tcpclient-options.ts'

const say = (text: string): void => logLine(2, `tcpclient: ${text}`)

/** The addresses to try. Throws Temporary in the words of the manual. */
const addressesFor = async (host: Bytes, families: readonly (4 | 6)[], env: Readonly<Env>): Promise<string[]> => {
  if (host === '' || host === '0') return ['127.0.0.1']
  const literal = literalAddress(host)
  if (literal !== undefined) return [literal]
  const { NameLookup } = await import('../net/names.ts')
  const found = await new NameLookup(env).addressesOf(host, families).catch((error) => {
    throw new Temporary(`temporarily unable to figure out IP address for ${host}: ${reason(error)}`)
  })
  if (found.length === 0) throw new Temporary(`no IP address for ${host}`)
  return found
}

/**
 * The program, with the connection on descriptors 6 and 7. A shell lays them: descriptors beyond 2 would come to the program without blocking, while a
 * connection that is given as 0 or 1 blocks, as everybody expects. 3 and 4 are our own 0 and 1, for the program.
 */
const LAY = 'exec 6<&0 7>&1 0<&3 1>&4 3<&- 4>&-; exec "$@"'

const runWith = async (socket: Socket, program: Bytes, args: Bytes[], env: Env): Promise<number> => {
  const child = startChild('/bin/sh', ['-c', LAY, 'sh', program, ...args], { stdio: [socket, socket, 2, 0, 1], env })
  socket.destroy()
  // whoever ends us means the program
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  if (signal === null) return code ?? Exit.temporary
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  return Exit.temporary // a signal that does not end us
}

/** Connects and runs the program (spec network.md 2.4). Resolves with its exit code, 111 without a connection; throws Temporary. */
export const tcpclient = async (options: TcpclientOptions, env: Env): Promise<number> => {
  const port = portOf(options.port)
  if (port === undefined) throw new Temporary(`unable to figure out port number for ${options.port}`)
  const { localIp, localPort, patience, verbosity, program, args } = options
  const ips = await addressesFor(options.host, options.families, env)
  const onFailure = (ip: string, why: string): void => {
    if (verbosity !== 'silent') say(`unable to connect to ${ip} port ${port}: ${why}`)
  }
  const socket = await dial({ ips, port, localIp, localPort, patience, onFailure })
  const ends = socket && addressesOf(socket)
  if (!socket || !ends) return Exit.temporary
  if (options.noDelay) socket.setNoDelay(true)
  if (verbosity === 'status') say(`connected to ${ends.remoteIp} port ${ends.remotePort}`)
  const variables = tcpVariables(ends, await nameFinder(options, env)(ends))
  return runWith(socket, findProgram(program, env), args, withVariables(env, Object.entries(variables)))
}
