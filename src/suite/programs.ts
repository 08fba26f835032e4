import { admin } from './programs/admin.ts'
import { aliases } from './programs/aliases.ts'
import { daemons } from './programs/daemons.ts'
import { injection } from './programs/injection.ts'
import { local } from './programs/local.ts'
import { network } from './programs/network.ts'
import { pop } from './programs/pop.ts'
import { complete, type Program, type Row } from './programs/row.ts'
import { tls } from './programs/tls.ts'

/** The table of programs, an area a file in programs/. Build, import check, install, instcheck, documentation and tests read it; nothing else repeats its facts. */
const table = { ...daemons, ...injection, ...local, ...aliases, ...network, ...pop, ...tls, ...admin }

export type ProgramName = keyof typeof table

/** The table for walking through: names and rows. */
export const programRows = Object.entries<Row>(table).map(([name, row]): [ProgramName, Program] => [name as ProgramName, complete(name, row)])

/** One program's row. */
export const programs = Object.fromEntries(programRows) as Record<ProgramName, Program>
