/** Rings (docs/internals.md) say what a program may import. R: root all its life. Q: the queue's daemons. N: speaks to the network. U: the recipient or whoever calls. A: the administrator. */
export type Ring = 'R' | 'Q' | 'N' | 'U' | 'A'

/**
 * What a program may do beyond reading its own file, under Node's permission model: paths below the home (`read:control`), absolute
 * ones, or `*`. `unrestricted` programs run without the model: it forbids fsync, and no acknowledged message may be lost (docs/internals.md).
 */
export type Permission = `read:${string}` | `write:${string}` | 'net' | 'child' | 'unrestricted'

/** What a program starts under, in its first gear (docs/internals.md, Two gears). A second gear is always Node's. */
export type Runtime = 'bun' | 'node'

/** What the table says of one program; what most have alike may be left out. */
export interface Row {
  ring: Ring
  /** How it is called, for --help, pages and its header; several ways a line each. Left out: its name alone. */
  synopsis?: string
  /** Left out: called with nothing but --help it prints its synopsis. False where that is a word like any other (an address, a text). */
  help?: false
  /** One line: what it is for. */
  about: string
  /** user:group it runs as, or who that is. */
  runsAs: string
  /** What its file descriptors are. `<` read, `>` written. */
  fds: string
  /** Left out: 0755. */
  mode?: number
  /** Left out: 0, 100, 111. */
  exits?: Record<number, string>
  /** Left out: without the permission model. */
  permissions?: readonly Permission[]
  /** Left out: bun for what users and administrators call (rings U and A) and the permission model does not hold; node for all others. */
  runtime?: Runtime
  /** Under Bun it starts without the compilers of JavaScriptCore, which cost more time than what it does (bench/RESULTS.md). Not for what goes through much, byte by byte. */
  isQuick?: true
  /** Its first deed is to enter the home. Under Bun its first line does that already, for Bun does not start in a folder that is gone. */
  atHome?: true
  /** Its second gear, if it has one: how it is kept resident, and under which permissions. */
  secondGear?: {
    about: string
    permissions: readonly Permission[]
    /** The room V8 has for new objects, in megabytes, where less than usual does: a server of many sessions keeps none of them for long. */
    youngMegabytes?: number
  }
  /** The room V8 has for new objects in its first gear, in megabytes, where less than usual does: what many jobs leave behind there is soon garbage. */
  youngMegabytes?: number
  /** It is long-lived in its first gear, too, and has one arena of malloc (src/core/run.ts). */
  stays?: true
  /** npm packages its bundle may hold. */
  npm?: readonly string[]
  /** The largest its bundle may be, in kilobytes. Left out: what its ring allows (BUDGETS). */
  budget?: number
  /** Other names it is called by. */
  links?: readonly string[]
}

/** A row with everything in it. */
export type Program = Row & Required<Pick<Row, 'synopsis' | 'mode' | 'exits' | 'permissions' | 'runtime' | 'budget' | 'npm' | 'links'>>

/** Kilobytes a bundle may have. */
const BUDGETS: Record<Ring, number> = { R: 40, Q: 80, N: 150, U: 100, A: 120 }

/** Rows of one area, as they are written down. */
export const rows = <const T extends Record<string, Row>>(area: T): T => area

const ruledRuntime = ({ ring, permissions }: Row): Runtime =>
  (ring === 'U' || ring === 'A') && (permissions === undefined || permissions.includes('unrestricted')) ? 'bun' : 'node'

/** A row with what was left out. */
export const complete = (name: string, row: Row): Program => ({
  synopsis: name,
  mode: 0o755,
  exits: { 0: 'success', 100: 'permanent failure', 111: 'temporary failure' },
  permissions: ['unrestricted'],
  runtime: ruledRuntime(row),
  budget: BUDGETS[row.ring],
  npm: [],
  links: [],
  ...row
})

/** What looking up users and groups needs to read. */
export const IDS: readonly Permission[] = ['read:lib', 'read:/etc/passwd', 'read:/etc/group', 'read:/etc/nsswitch.conf']
