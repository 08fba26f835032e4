import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { TcpserverLog } from '../accept/log.ts'
import { Exit } from '../core/exit.ts'
import { reason, Temporary } from '../core/failure.ts'
import { writeFd } from '../core/fdio.ts'
import type { Context, Env } from '../core/run.ts'
import { literalAddress, nameFinder } from '../net/find-names.ts'
import { portOf } from '../net/service.ts'
import { collectAtLeisure } from '../os/leisure.ts'
import { type GivenChecker, givenChecker } from '../serve/given-checker.ts'
import { RULES } from '../spawn/client-env.ts'
import { isHooked } from '../spawn/handover.ts'
import { Admission } from './admission.ts'
import { Blocking } from './blocking.ts'
import { doorOf } from './door.ts'
import { Listener } from './listener.ts'
import { parseOptions, type TcpserverOptions } from './options.ts'
import { serverNamed } from './programs.ts'
import { TcpServer } from './tcpserver.ts'
import { SSLSERVER, tlsManner } from './tls-manner.ts'
import { ResidentWorkers } from './workers.ts'

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

/** Binds, and becomes the user wanted. */
const bind = async (options: TcpserverOptions, env: Readonly<Env>): Promise<Listener> => {
  const port = portOf(options.port)
  if (port === undefined) throw new Temporary(`unable to figure out port number for ${options.port}`)
  const host = await addressToBind(options, env)
  return Listener.bind(host, port, options.backlog, options.isV6Only, (bound) => {
    dropIds(options)
    if (options.printsPort) writeFd(1, `${bound}\n`)
  })
}

/** Where there are front ends that may speak for others, a server has to look rules up again (XCLIENT). */
const tellOfRules = (home: string, { rules, allowsMissingRules }: TcpserverOptions, env: Env): void => {
  delete env[RULES]
  if (existsSync(join(home, 'control', 'xclient'))) env[RULES] = rules === undefined ? '' : `${allowsMissingRules ? 'X' : 'x'}${resolve(rules)}`
}

/** No client is heard before it is known whether there is TLS; but no longer than this. */
const TLS_MILLISECONDS = 10_000

/** The whole of tcpserver: ends with 0 at SIGTERM; throws Usage, and Temporary when it cannot start. */
export const tcpserver = async ({ home, args, env, invokedAs }: Context): Promise<number> => {
  const stopped = new Promise<number>((resolve) => process.on('SIGTERM', () => resolve(Exit.ok)))
  const options = parseOptions(args, env, invokedAs === SSLSERVER)
  const log = new TcpserverLog(options.verbosity)
  for (const name of Object.keys(env)) if (name.startsWith('SSL')) delete env[name] // they would be about somebody else's connection
  tellOfRules(home, options, env)
  const tls = tlsManner(home, invokedAs, options, env, log)
  if (tls) process.on('SIGHUP', () => tls.door.look())
  if (tls) await tls.door.whenKnown(TLS_MILLISECONDS)
  const listener = await bind(options, env)
  collectAtLeisure()
  const resident = serverNamed(home, options.program, env.PATH)
  const blocking = resident === 'qmail-smtpd' ? new Blocking(home, env, options.args.length > 0) : undefined
  const server = new TcpServer(options, env, log, new Admission(options, env, nameFinder(options, env), blocking), listener, tls)
  const checker: GivenChecker = resident === 'qmail-smtpd' ? givenChecker(home, options.args, env.PATH) : { kind: 'none' }
  const canBeKept = options.workers > 0 && env.QMAILQUEUE === undefined && !isHooked(env)
  const kept = resident && canBeKept && { program: resident, count: options.workers, checker, door: doorOf(options, listener.backlog, checker, env) }
  const workers = kept ? new ResidentWorkers(home, kept, log, server, tls) : undefined
  server.begin(workers)
  const exit = await stopped
  server.end()
  await workers?.stop()
  tls?.door.close()
  return exit
}
