import type { Stats } from 'node:fs'
import type { SuiteGroup, SuiteUser } from '../os/ids.ts'
import { SPLIT } from '../queue/paths.ts'
import { programRows } from './programs.ts'

/** One thing an installation consists of. Install lays it, instcheck audits it. */
export interface FileEntry {
  /** Below the home; `.` is the home itself. */
  path: string
  kind: 'folder' | 'fifo' | 'file' | 'program'
  owner: SuiteUser | 'root'
  group: SuiteGroup | 'root'
  mode: number
  /** It may be missing: where Bun cannot be had, Node runs everything. */
  optional?: boolean
  /** What a new file holds: this many zero bytes. Existing files keep what they have. */
  zeros?: number
}

/** Is this what the table wants there? */
export const isOfKind = (stat: Stats, { kind }: FileEntry): boolean =>
  kind === 'folder' ? stat.isDirectory() : kind === 'fifo' ? stat.isFIFO() : stat.isFile()

const folder = (path: string, owner: FileEntry['owner'], mode: number, group: FileEntry['group'] = 'qmail'): FileEntry => ({
  path,
  kind: 'folder',
  owner,
  group,
  mode
})
const split = (path: string, owner: FileEntry['owner'], mode: number): FileEntry[] => [
  folder(path, owner, mode),
  ...Array.from({ length: SPLIT }, (_, n) => folder(`${path}/${n}`, owner, mode))
]

/** Every folder, file and FIFO of an installation, parents first (spec queue.md 1.1; drop and run: docs/internals.md, Who can reach what). */
export const files: FileEntry[] = [
  ...['.', 'bin', 'lib', 'control', 'users', 'boot', 'doc', 'man', 'man/man1', 'man/man5', 'man/man7', 'man/man8', 'service'].map((path) =>
    folder(path, 'root', 0o755)
  ),
  folder('alias', 'alias', 0o2755),
  folder('queue', 'qmailq', 0o750),
  folder('queue/pid', 'qmailq', 0o700),
  folder('queue/intd', 'qmailq', 0o700),
  folder('queue/todo', 'qmailq', 0o750),
  ...split('queue/mess', 'qmailq', 0o750),
  ...split('queue/info', 'qmails', 0o700),
  ...split('queue/local', 'qmails', 0o700),
  ...split('queue/remote', 'qmails', 0o700),
  folder('queue/bounce', 'qmails', 0o700),
  folder('queue/lock', 'qmailq', 0o750),
  folder('queue/log', 'qmailq', 0o750),
  folder('queue/hold', 'qmails', 0o700),
  folder('queue/answers', 'qmails', 0o700),
  { path: 'queue/lock/sendmutex', kind: 'file', owner: 'qmails', group: 'qmail', mode: 0o600, zeros: 0 },
  { path: 'queue/lock/tcpto', kind: 'file', owner: 'qmailr', group: 'qmail', mode: 0o644, zeros: 1024 },
  { path: 'queue/lock/trigger', kind: 'fifo', owner: 'qmails', group: 'qmail', mode: 0o622 },
  folder('drop', 'qmailq', 0o3733),
  { path: 'drop/trigger', kind: 'fifo', owner: 'qmailq', group: 'qmail', mode: 0o622 },
  folder('run', 'root', 0o755),
  folder('run/smtpd', 'qmaild', 0o700, 'nofiles'),
  folder('run/send', 'qmails', 0o700),
  folder('run/ctl', 'qmails', 0o700),
  folder('run/remote', 'qmailr', 0o700),
  { path: 'lib/node', kind: 'file', owner: 'root', group: 'qmail', mode: 0o755 },
  { path: 'lib/bun', kind: 'file', owner: 'root', group: 'qmail', mode: 0o755, optional: true },
  { path: 'lib/digests', kind: 'file', owner: 'root', group: 'qmail', mode: 0o644 },
  { path: 'package.json', kind: 'file', owner: 'root', group: 'qmail', mode: 0o644 },
  ...programRows.map(([name, { mode }]): FileEntry => ({ path: `bin/${name}`, kind: 'program', owner: 'root', group: 'qmail', mode }))
]
