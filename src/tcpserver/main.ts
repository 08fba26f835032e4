import { closeSync, existsSync, openSync } from 'node:fs'
import type { Server } from 'node:net'
import { join } from 'node:path'
import { Exit } from '../core/exit.ts'
import { reason, Temporary } from '../core/failure.ts'
import { writeFd } from '../core/fdio.ts'
import type { Context, Env } from '../core/run.ts'
import { literalAddress, nameFinder } from '../net/find-names.ts'
import { portOf } from '../net/service.ts'
import { isOwn } from '../os/own.ts'
import { type GivenChecker, givenChecker } from '../serve/given-checker.ts'
import { TcpserverLog } from '../serve/log.ts'
import { programFile } from '../spawn/resident.ts'
import { Blocking } from './blocking.ts'
import { parseOptions, type TcpserverOptions } from './options.ts'
import { listenOn, TcpServer } from './tcpserver.ts'
import { TlsDoor } from './tls-door.ts'
import { ResidentWorkers, serverNamed } from './workers.ts'

/** The address to bind. Throws Temporary in the words of the manual. */
const addressToBind = async ({ host, isV6Only, interface: zone }: TcpserverOptions, env: Readonly<Env>): Promise<string> => {
  if (host === '' || host === '0') return isV6Only ? '::' : '0.0.0.0'
  if (host === ':0') return '::'
  const literal = literalAddress(host)
  if (literal !== undefined) return zone !== '' && /^fe80:/i.test(literal) && !literal.includes('%') ? `${literal}%${zone}` : literal
  const { NameLookup } = await import('../net/names.ts')
  const addresses = await new NameLookup(env).addressesOf(host, [isV6Only ? 6 : 4]).catch((error) => {
    throw new Temporary(`temporarily unable to figure out IP address for ${host}: ${reason(error)}`)
  })
  if (addresses[0] === undefined) throw new Temporary(`no IP address for ${host}`)
  return addresses[0]
}

/** Sets the ids given, group first, with no other group. 0 leaves them. Throws Temporary. */
const dropIds = ({ gid, uid }: TcpserverOptions): void => {
  try {
    if (gid !== 0) {
      process.setgroups?.([gid])
      process.setgid?.(gid)
    }
  } catch (error) {
    throw new Temporary(`unable to set gid: ${reason(error)}`)
  }
  try {
    if (uid !== 0) process.setuid?.(uid)
  } catch (error) {
    throw new Temporary(`unable to set uid: ${reason(error)}`)
  }
}

/** Nobody may wait for the end of our standard input or output. Their numbers stay taken, so that no connection gets them. */
const closeStandard = (): void => {
  for (const fd of [0, 1]) {
    closeSync(fd)
    openSync('/dev/null', 'r')
  }
}

/** Binds, becomes the user wanted, and lets go of descriptors 0 and 1. */
const open = async (options: TcpserverOptions, env: Readonly<Env>): Promise<Server> => {
  const port = portOf(options.port)
  if (port === undefined) throw new Temporary(`unable to figure out port number for ${options.port}`)
  const host = await addressToBind(options, env)
  const server = await listenOn(host, port, options.backlog, options.isV6Only).catch((error) => {
    throw new Temporary(`unable to bind: ${reason(error)}`)
  })
  dropIds(options)
  const bound = server.address()
  if (options.printsPort) writeFd(1, `${typeof bound === 'object' ? bound?.port : ''}\n`)
  closeStandard()
  return server
}

/** Is there TLS for its program? A certificate has to be there at the start: qmail-tlsd needs a parent that is still root. */
const wantsTls = (home: string, { workers, program }: TcpserverOptions, env: Readonly<Env>): boolean =>
  workers > 0 &&
  serverNamed(home, program, env.PATH) === 'qmail-smtpd' &&
  existsSync(join(home, 'control', 'servercert.pem')) &&
  isOwn(programFile(home, 'tcpserver'), 'tcpserver')

/** The whole of tcpserver: ends with 0 at SIGTERM; throws Usage, and Temporary when it cannot start. */
export const tcpserver = async ({ home, args, env }: Context): Promise<number> => {
  const stopped = new Promise<number>((resolve) => process.on('SIGTERM', () => resolve(Exit.ok)))
  const options = parseOptions(args, env)
  const log = new TcpserverLog(options.verbosity)
  const tls = wantsTls(home, options, env) ? new TlsDoor(home, log) : undefined
  if (tls) process.on('SIGHUP', () => tls.look())
  const server = await open(options, env)
  const resident = options.workers > 0 ? serverNamed(home, options.program, env.PATH) : undefined
  const checker: GivenChecker = resident === 'qmail-smtpd' ? givenChecker(home, options.args, env.PATH) : { kind: 'none' }
  const workers = resident && new ResidentWorkers(home, resident, options.workers, log, checker, tls)
  workers?.start()
  const blocking = serverNamed(home, options.program, env.PATH) === 'qmail-smtpd' ? new Blocking(home, env) : undefined
  new TcpServer(options, env, log, nameFinder(options, env), workers, blocking).attach(server)
  const exit = await stopped
  server.close()
  await workers?.flush()
  tls?.close()
  return exit
}
