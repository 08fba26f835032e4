import { join } from 'node:path'
import { lookOf } from '../os/own.ts'
import { programFile } from '../spawn/own-program.ts'
import type { ProgramName } from '../suite/programs.ts'

/** The programs whose second gear is kept here. */
const SERVERS: readonly ProgramName[] = ['qmail-smtpd', 'qmail-qmtpd', 'qmail-qmqpd']

/** Which of these programs of the suite `program` is, as tcpserver would find it; undefined: none. */
export const ownProgram = (home: string, program: string, path: string | undefined, names: readonly ProgramName[]): ProgramName | undefined => {
  const candidates = program.includes('/') ? [program] : (path ?? '').split(':').map((folder) => join(folder === '' ? '.' : folder, program))
  const found = candidates.find((file) => lookOf(file) !== undefined)
  const look = found === undefined ? undefined : lookOf(found)
  return look === undefined ? undefined : names.find((name) => lookOf(programFile(home, name)) === look)
}

/** Which of the suite's own servers it is; undefined: none that can be kept resident. */
export const serverNamed = (home: string, program: string, path: string | undefined): ProgramName | undefined => ownProgram(home, program, path, SERVERS)
