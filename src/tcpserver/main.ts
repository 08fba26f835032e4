import { closeSync, openSync } from 'node:fs'
import { isIP, type Server } from 'node:net'
import type { Bytes } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { reason, Temporary } from '../core/failure.ts'
import { writeFd } from '../core/fdio.ts'
import { logLine } from '../core/logline.ts'
import type { Context, Env } from '../core/run.ts'
import { portOf } from '../net/service.ts'
import { TcpserverLog } from '../serve/log.ts'
import { parseOptions, type TcpserverOptions, UsageError } from './options.ts'
import { type FindNames, listenOn, TcpServer } from './tcpserver.ts'
import { ResidentWorkers, serverNamed } from './workers.ts'

const USAGE =
  'tcpserver: usage: tcpserver [ -1UXpPhHrRoOdDqQv ] [ -c limit ] [ -x rules.cdb ] [ -B banner ] [ -g gid ] [ -u uid ] [ -b backlog ] [ -l localname ] [ -t timeout ] host port program'

const usage = (error: UsageError): number => {
  if (error.message !== '') logLine(2, `tcpserver: ${error.message}`)
  logLine(2, USAGE)
  return Exit.permanent
}

/** Four numbers with dots, each modulo 256, as the address they stand for. */
const dotted = (host: Bytes): string | undefined => {
  const parts = /^([0-9]+)\.([0-9]+)\.([0-9]+)\.([0-9]+)$/.exec(host)
  return parts
    ?.slice(1)
    .map((n) => Number(BigInt.asUintN(8, BigInt(n))))
    .join('.')
}

/** The address to bind. Throws Temporary in the words of the manual. */
const addressToBind = async (host: Bytes, env: Readonly<Env>, isV6Only: boolean): Promise<string> => {
  if (host === '' || host === '0') return isV6Only ? '::' : '0.0.0.0'
  if (host === ':0') return '::'
  const literal = dotted(host) ?? (isIP(host) ? host : undefined)
  if (literal !== undefined) return literal
  const { NameLookup } = await import('../net/names.ts')
  const addresses = await new NameLookup(env).addressesOf(host).catch((error) => {
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

const nameFinder = (options: TcpserverOptions, env: Readonly<Env>): FindNames => {
  const { localName, looksUpRemote, isParanoid, asksIdent, identSeconds } = options
  if (localName !== undefined && !looksUpRemote && !asksIdent) return async () => ({ localHost: localName, remoteHost: undefined, remoteInfo: undefined })
  let lookup: Promise<import('../net/names.ts').NameLookup> | undefined
  const names = () => (lookup ??= import('../net/names.ts').then(({ NameLookup }) => new NameLookup(env)))
  const remote = async (ip: Bytes): Promise<Bytes | undefined> => {
    const host = looksUpRemote ? await (await names()).nameOf(ip) : undefined
    return host !== undefined && isParanoid && !(await (await names()).hasAddress(host, ip)) ? undefined : host
  }
  return async (addresses) => ({
    localHost: localName ?? (await (await names()).nameOf(addresses.localIp)),
    remoteHost: await remote(addresses.remoteIp),
    remoteInfo: asksIdent ? await (await import('../net/ident.ts')).askIdent(addresses, identSeconds) : undefined
  })
}

/** Binds, becomes the user wanted, and lets go of descriptors 0 and 1. */
const open = async (options: TcpserverOptions, env: Readonly<Env>): Promise<Server> => {
  const port = portOf(options.port)
  if (port === undefined) throw new Temporary(`unable to figure out port number for ${options.port}`)
  const host = await addressToBind(options.host, env, options.isV6Only)
  const server = await listenOn(host, port, options.backlog, options.isV6Only).catch((error) => {
    throw new Temporary(`unable to bind: ${reason(error)}`)
  })
  dropIds(options)
  const bound = server.address()
  if (options.printsPort) writeFd(1, `${typeof bound === 'object' ? bound?.port : ''}\n`)
  closeStandard()
  return server
}

/** The whole of tcpserver: ends with 0 at SIGTERM, 100 for bad usage; throws Temporary when it cannot start. */
export const tcpserver = async ({ home, args, env }: Context): Promise<number> => {
  const stopped = new Promise<number>((resolve) => process.on('SIGTERM', () => resolve(Exit.ok)))
  let options: TcpserverOptions
  try {
    options = parseOptions(args, env)
  } catch (error) {
    if (error instanceof UsageError) return usage(error)
    throw error
  }
  const server = await open(options, env)
  const log = new TcpserverLog(options.verbosity)
  const resident = options.workers > 0 ? serverNamed(home, options.program, env.PATH) : undefined
  const workers = resident && new ResidentWorkers(home, resident, options.workers, log)
  workers?.start()
  new TcpServer(options, env, log, nameFinder(options, env), workers).attach(server)
  const exit = await stopped
  server.close()
  await workers?.flush()
  return exit
}
