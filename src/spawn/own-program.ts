import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { Bytes } from '../core/bytes.ts'
import { type ChildOptions, startChild } from '../os/child.ts'
import { isOwn } from '../os/own.ts'
import { engineFlags, nodeFlags } from '../suite/permissions.ts'
import type { Permission } from '../suite/programs/row.ts'
import { type ProgramName, programs } from '../suite/programs.ts'

/** Where a program of the suite is. */
export const programFile = (home: string, name: ProgramName): string => join(home, 'bin', name)

/** May this program be kept resident? Only the suite's own file, and not if control/firstgear names it. */
export const hasSecondGear = (home: string, name: ProgramName, firstgear: readonly string[] | undefined): boolean =>
  !firstgear?.includes(name) && isOwn(programFile(home, name), name)

type Circumstances = Omit<ChildOptions, 'argv0'>

/** Runs the file under Node with all the flags the table has for it: its first line has not always room for them, and costs an `env`. */
const start = (
  home: string,
  name: ProgramName,
  { permissions, youngMegabytes }: { permissions: readonly Permission[]; youngMegabytes?: number | undefined },
  options: Circumstances,
  args: readonly Bytes[]
): ChildProcess => {
  const file = programFile(home, name)
  return startChild(join(home, 'lib', 'node'), [...engineFlags(youngMegabytes), ...nodeFlags(home, file, permissions), file, ...args], options)
}

/** Starts a program as its first line would, if that had room for everything. Ask isOwn first; not for what runs under Bun. */
export const startOwn = (home: string, name: ProgramName, options: Circumstances, args: readonly Bytes[] = []): ChildProcess =>
  start(home, name, programs[name], options, args)

/** Starts a program in its second gear, under the permissions the table gives it there, and some `more`. Ask hasSecondGear first. */
export const startResident = (
  home: string,
  name: ProgramName,
  options: Circumstances,
  args: readonly Bytes[] = [],
  more: readonly Permission[] = []
): ChildProcess => {
  const { permissions, youngMegabytes } = programs[name].secondGear ?? { permissions: [] }
  return start(home, name, { permissions: [...permissions, ...more], youngMegabytes }, { ...options, resident: true }, args)
}
