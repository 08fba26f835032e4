/**
 * `instcheck.ts PREFIX [queue-only]`: compares an installation with the table of files: owner, group, permissions, type;
 * and what programs hold with lib/digests. One line on stderr for each difference, and exit 1; silence means all is right; 111 when PREFIX cannot be entered (spec injection-admin.md 9).
 */
import { lstatSync, type Stats, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Exit } from '../src/core/exit.ts'
import { errorCode, reason } from '../src/core/failure.ts'
import { suiteGroup, suiteUser } from '../src/os/ids.ts'
import { otherSplitText } from '../src/queue/split.ts'
import { type FileEntry, files, isOfKind } from '../src/suite/files.ts'
import { changedPrograms } from './digests.ts'
import { isOurs } from './lay-entry.ts'
import { tool } from './tool.ts'

/** A link that only the administrator can have made (a queue on another disk) is followed; any other is what it is. */
const statOf = (path: string): Stats => {
  const s = lstatSync(path)
  return s.isSymbolicLink() && isOurs(statSync(dirname(path))) ? statSync(path) : s
}

const lookAt = (home: string, shown: string, entry: FileEntry): string[] => {
  let s: Stats
  try {
    s = statOf(join(home, entry.path))
  } catch (error) {
    if (entry.optional && errorCode(error) === 'ENOENT') return []
    return [errorCode(error) === 'ENOENT' ? `${shown} does not exist` : `unable to stat ${shown}: ${reason(error)}`]
  }
  const uid = entry.owner === 'root' ? 0 : suiteUser(home, entry.owner).uid
  const gid = entry.group === 'root' ? 0 : suiteGroup(home, entry.group)
  return [
    ...(s.uid === uid ? [] : [`${shown} has wrong owner`]),
    ...(s.gid === gid ? [] : [`${shown} has wrong group`]),
    ...((s.mode & 0o7777) === entry.mode ? [] : [`${shown} has wrong permissions`]),
    ...(isOfKind(s, entry) ? [] : [`${shown} has wrong type`])
  ]
}

/** What differs from the table, a line each, without the program's name in front. */
export const instcheck = (home: string, queueOnly: boolean): string[] => [
  ...files
    .filter(({ path }) => !queueOnly || path === 'queue' || path.startsWith('queue/'))
    .flatMap((entry) => lookAt(home, entry.kind === 'program' ? `.../${entry.path}` : resolve(home, entry.path), entry)),
  ...[otherSplitText(join(home, 'queue'))].filter((line) => line !== undefined),
  ...(queueOnly ? [] : changedPrograms(home).map((name) => `.../bin/${name} is not what was installed`))
]

if (process.argv[1] === import.meta.filename) {
  tool('instcheck', () => {
    const [prefix, queueOnly] = process.argv.slice(2)
    if (prefix === undefined) throw new Error('usage: instcheck.ts PREFIX [queue-only]')
    const home = resolve(prefix)
    if (statSync(home, { throwIfNoEntry: false })?.isDirectory()) {
      const lines = instcheck(home, queueOnly === 'queue-only')
      process.stderr.write(lines.map((line) => `instcheck: warning: ${line}\n`).join(''))
      if (lines.length > 0) process.exitCode = 1
    } else {
      process.stderr.write(`instcheck: fatal: unable to switch to ${home}\n`)
      process.exitCode = Exit.temporary
    }
  })
}
