/** What install, instcheck and uninstall share. */
import { resolve } from 'node:path'
import { explain } from '../src/core/failure.ts'

/** Words of a first line, of unit files and of service scripts: nothing that needs quotes in one of them. */
const PLAIN = /^\/[A-Za-z0-9/._+@=~-]*$/

/** The absolute path of an installation. Throws Error, in words for people, where it could not be run from. */
export const homeOf = (prefix: string): string => {
  const home = resolve(prefix)
  if (prefix === '') throw new Error('PREFIX is empty')
  if (home === '/') throw new Error('PREFIX cannot be /')
  if (!PLAIN.test(home)) throw new Error(`the path ${home} cannot be installed into: only letters, digits and / . _ + @ = ~ - may be in it`)
  return home
}

/** Runs a tool; what goes wrong is one line on stderr, and exit 1. */
export const tool = (name: string, work: () => void): void => {
  try {
    work()
  } catch (error) {
    process.stderr.write(`${name}: ${explain(error)}\n`)
    process.exitCode = 1
  }
}
