import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Home } from './home.ts'

/** A message that qmail-send handed to its queue program. */
export interface KeptNotice {
  message: string
  /** As on descriptor 1, last NUL included. */
  envelope: string
}

/** A queue program that keeps what it is given: its path, for QMAILQUEUE, and what it has kept so far, in the order in which it came. */
export const keepNotices = (home: Home): { program: string; kept: () => KeptNotice[] } => {
  const [folder, program] = [home.at('lib', 'kept'), home.at('lib', 'keep')]
  mkdirSync(folder)
  writeFileSync(program, `#!/bin/sh\nset -e\ncd '${folder}'\nn=$(ls | grep -c envelope) || :\ncat > $n.message\ncat <&1 > $n.tmp\nmv $n.tmp $n.envelope\n`)
  chmodSync(program, 0o755)
  const text = (name: string): string => readFileSync(home.at('lib', 'kept', name), 'latin1')
  const kept = (): KeptNotice[] => {
    const count = readdirSync(folder).filter((name) => name.endsWith('.envelope')).length
    return Array.from({ length: count }, (_, n) => ({ message: text(`${n}.message`), envelope: text(`${n}.envelope`) }))
  }
  return { program, kept }
}
