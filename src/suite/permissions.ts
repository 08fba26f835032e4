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

/**
 * V8 compiles and collects garbage in the main thread alone. A thread that compiles may wait for a collection that the main thread no longer makes, because
 * it waits for that thread to end: a daemon told to end then stands for ever, one in thousands (nodejs/node#54918). Nothing is slower (bench/RESULTS.md).
 */
export const ONE_THREAD = '--single-threaded'

/** The flags that bound V8's room for new objects; none: as usual. */
export const youngFlags = (megabytes: number | undefined): string[] => (megabytes === undefined ? [] : [`--max-semi-space-size=${megabytes}`])

/**
 * The flags of a second gear; of one that is to stay small: what V8's Maglev compiler has used is given back by the main thread, or a part of
 * it stays with the thread that compiled (8 MB, measured by bench/sessions.ts).
 */
export const residentFlags = (megabytes: number | undefined): string[] =>
  megabytes === undefined ? [ONE_THREAD] : [ONE_THREAD, ...youngFlags(megabytes), '--no-maglev-destroy-on-background']
