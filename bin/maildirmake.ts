/**
 * NAME     maildirmake name: makes a Maildir
 * RUNS AS  anyone: whoever it is to belong to
 * FDS      2> why not
 * ENV      none
 * EXIT     0 made, 100 usage, 111 the name is taken, or any other trouble
 * FILES    name, and in it tmp, new, cur; all of mode 0700
 */
import { mkdirSync } from 'node:fs'
import { fsPath } from '../src/core/bytes.ts'
import { Exit } from '../src/core/exit.ts'
import { reason, Temporary, Usage } from '../src/core/failure.ts'
import { run } from '../src/core/run.ts'

const PRIVATE_UMASK = 0o077

run('maildirmake', ({ args: [name] }) => {
  if (name === undefined) throw new Usage('maildirmake: usage: maildirmake name')
  process.umask(PRIVATE_UMASK)
  for (const path of [name, ...['tmp', 'new', 'cur'].map((part) => `${name}/${part}`)]) {
    try {
      mkdirSync(fsPath(path), 0o700)
    } catch (error) {
      throw new Temporary(`unable to mkdir ${path}: ${reason(error)}`, { cause: error })
    }
  }
  return Exit.ok
})
