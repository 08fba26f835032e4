import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { type IdsKind, install, installPrograms } from '../../tools/install.ts'

/** Is the test run by root, with real users at hand? */
export const isRoot = process.getuid?.() === 0

export interface Home {
  /** The installation's PREFIX. */
  path: string
  /** A file or folder below it. */
  at: (...parts: string[]) => string
  /** Lays a file of control/. */
  control: (name: string, text: string) => void
  /** Has this done, the last first, before the folder goes: the end of what works in it. */
  beforeRemoval: (work: () => unknown) => void
}

const ownKind: IdsKind = isRoot ? 'private' : 'self'

const homeLaidBy = (lay: typeof installPrograms, kind: IdsKind, below: string): Home => {
  process.env.QMAIL_TEST_LINK_NODE = '1'
  process.umask(0o022) // an administrator's; what a stricter one may do to a program is a test of its own
  const path = mkdtempSync(join(below, 'qm-'))
  const works: (() => unknown)[] = []
  after(async () => {
    for (const work of works.reverse()) await work()
    rmSync(path, { recursive: true, force: true, maxRetries: 10 })
  })
  lay(path, kind)
  const at = (...parts: string[]): string => join(path, ...parts)
  const control = (name: string, text: string): void => writeFileSync(at('control', name), Buffer.from(text, 'latin1'))
  control('me', 'mail.example.org\n')
  return { path, at, control, beforeRemoval: (work) => void works.push(work) }
}

/**
 * A throw-away installation of the built suite, gone when the test file ends. As root its users are spare numbers of its own
 * (`private`); otherwise everything is the caller's (`self`). control/me is `mail.example.org`. `below`: where its folder is made.
 */
export const makeHome = (kind = ownKind, below = tmpdir()): Home => homeLaidBy(installPrograms, kind, below)

/** The same with what people read: pages, manual pages, service folders. */
export const makeHomeWithPages = (kind = ownKind): Home => homeLaidBy(install, kind, tmpdir())
