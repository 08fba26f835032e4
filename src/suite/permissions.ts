import { isAbsolute, join } from 'node:path'
import type { Permission } from './programs/row.ts'

const place = (home: string, path: string): string => (path === '*' || isAbsolute(path) ? path : join(home, path))

const flag = (home: string, permission: Permission): string => {
  if (permission === 'net' || permission === 'child') return { net: '--allow-net', child: '--allow-child-process' }[permission]
  const [action, path] = [permission.slice(0, permission.indexOf(':')), permission.slice(permission.indexOf(':') + 1)]
  return `--allow-fs-${action}=${place(home, path)}`
}

/** The flags node is run with, so that the program at `file` may do just this (docs/internals.md, Who can reach what). */
export const nodeFlags = (home: string, file: string, permissions: readonly Permission[]): string[] => {
  if (permissions.includes('unrestricted')) return ['--disable-sigusr1'] // a signal shall not open node's inspector (the model forbids it anyway)
  const readsAll = permissions.includes('read:*')
  const flags = permissions.filter((p) => !(readsAll && p.startsWith('read:') && p !== 'read:*')).map((p) => flag(home, p))
  // node:sqlite opens and writes files without asking the model; Node warns on descriptor 2 about some flags
  if (permissions.includes('net') || permissions.includes('child')) flags.push('--no-warnings')
  return ['--permission', '--no-experimental-sqlite', ...(readsAll ? [] : [`--allow-fs-read=${file}`]), ...flags]
}

/** The flag that bounds V8's room for new objects; none: as usual. */
export const youngFlags = (megabytes: number | undefined): string[] => (megabytes === undefined ? [] : [`--max-semi-space-size=${megabytes}`])

/**
 * How V8 works in whatever runs under Node, where its first line has room: it compiles and collects garbage in the main thread alone. A thread that compiles may wait
 * for a collection that the main thread no longer makes, because it waits for that thread to end: the process then never exits (nodejs/node#54918).
 */
export const engineFlags = (megabytes?: number): string[] => ['--single-threaded', ...youngFlags(megabytes)]
