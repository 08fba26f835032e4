import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { NOTES_VARIABLE, notesInVariable } from '../../src/queue/notes-variable.ts'
import type { Home } from './home.ts'

/** Lays a program of the test's own, for everybody to run; its path. */
export const layProgram = (home: Home, name: string, script: string): string => {
  const file = home.at(name)
  writeFileSync(file, `#!/bin/bash\n${script}\n`)
  chmodSync(file, 0o755)
  return file
}

/** A queue program that leaves $QMAILESMTP and the envelope in the folder HOME names (one a message: the last). */
export const layVariableKeeper = (home: Home): string =>
  layProgram(
    home,
    'variable-keeper',
    `set -e\ncat > /dev/null\ncat <&1 > "$HOME/kept.envelope"\nprintf '%s' "\${${NOTES_VARIABLE}-unset}" > "$HOME/kept.variable"`
  )

/** What it has kept in a folder: the envelope without its last NUL, and the notes on it; undefined: there were none, or on another envelope. */
export const keptIn = (folder: string): { envelope: string; notes: string | undefined } => {
  const text = (name: string): string => readFileSync(join(folder, name), 'latin1')
  const envelope = text('kept.envelope').slice(0, -1)
  return { envelope, notes: notesInVariable(text('kept.variable'), Buffer.from(envelope, 'latin1')) }
}
