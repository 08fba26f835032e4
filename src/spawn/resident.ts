import type { ChildProcess, StdioOptions } from 'node:child_process'
import { join } from 'node:path'
import type { Env } from '../core/run.ts'
import { type Ids, startChild } from '../os/child.ts'
import { isOwn } from '../os/own.ts'
import { engineFlags, nodeFlags } from '../suite/permissions.ts'
import type { Permission } from '../suite/programs/row.ts'
import { type ProgramName, programRows } from '../suite/programs.ts'

/** Where a program of the suite is. */
export const programFile = (home: string, name: ProgramName): string => join(home, 'bin', name)

/** May this program be kept resident? Only the suite's own file, and not if control/firstgear names it. */
export const hasSecondGear = (home: string, name: ProgramName, firstgear: readonly string[] | undefined): boolean =>
  !firstgear?.includes(name) && isOwn(programFile(home, name), name)

/** Starts a program in its second gear, under the permissions the table gives it there, and some `more`. Ask hasSecondGear first. */
export const startResident = (
  home: string,
  name: ProgramName,
  options: { stdio: StdioOptions; env: Env; ids?: Ids | undefined; cwd?: string },
  args: readonly string[] = [],
  more: readonly Permission[] = []
): ChildProcess => {
  const file = programFile(home, name)
  const { permissions = [], youngMegabytes } = programRows.find(([n]) => n === name)?.[1].secondGear ?? {}
  return startChild(join(home, 'lib', 'node'), [...engineFlags(youngMegabytes), ...nodeFlags(home, file, [...permissions, ...more]), file, ...args], {
    ...options,
    resident: true
  })
}
