import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { TcpserverLog } from '../accept/log.ts'
import type { Env } from '../core/run.ts'
import { portOf } from '../net/service.ts'
import { isOwn } from '../os/own.ts'
import { beginsWithTls, TLS_PORTS } from '../spawn/handover.ts'
import { programFile } from '../spawn/own-program.ts'
import type { ProgramName } from '../suite/programs.ts'
import type { TcpserverOptions } from './options.ts'
import { ownProgram } from './programs.ts'
import { TlsDoor } from './tls-door.ts'

/** How the connections of a tcpserver come to TLS. */
export interface TlsManner {
  door: TlsDoor
  /** Does the one with these variables begin with it? */
  isAtOnce: (env: Readonly<Env>) => boolean
  /** Do all? Then nobody but tcpserver accepts them. */
  isAlwaysAtOnce: boolean
  /** Does a program of its own get the control socket of UCSPI-TLS, to ask for it later? */
  hasControl: boolean
}

/** The second name of tcpserver, under which every connection is TLS (spec modern.md 1.3). */
export const SSLSERVER = 'sslserver'

/** Programs of ours that are spoken to in TLS at once on a port of this kind, or where $SMTPS says so. */
const AT_ONCE: readonly ProgramName[] = ['qmail-smtpd', 'qmail-popup']

/**
 * What `options`, the name called by, and control/ ask for; undefined: no TLS. To be called before the process gives its privileges up: qmail-tlsd needs a
 * parent that is still root. That is also why a certificate has to be there at the start, where nothing else asks for TLS.
 */
export const tlsManner = (home: string, invokedAs: string, options: TcpserverOptions, env: Readonly<Env>, log: TcpserverLog): TlsManner | undefined => {
  const { asksForTls, program, port } = options
  const own = ownProgram(home, program, env.PATH, AT_ONCE)
  const isAlways = invokedAs === SSLSERVER && !asksForTls
  const isImplicit = TLS_PORTS.includes(portOf(port) ?? 0) || (env.SMTPS ?? '') !== ''
  const isWanted = existsSync(join(home, 'control', 'servercert.pem')) && (own === 'qmail-smtpd' || (own === 'qmail-popup' && isImplicit))
  if (!isAlways && !asksForTls && !isWanted) return undefined
  if (!isOwn(programFile(home, 'tcpserver'), 'tcpserver')) return undefined
  return {
    door: new TlsDoor(home, log),
    isAtOnce: (variables) => isAlways || (own !== undefined && beginsWithTls(variables)),
    isAlwaysAtOnce: isAlways || (own !== undefined && isImplicit),
    hasControl: asksForTls || own === 'qmail-smtpd'
  }
}
