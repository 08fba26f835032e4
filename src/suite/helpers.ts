import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readSetting } from '../control/read.ts'
import type { ProgramName } from './programs.ts'

/** A program that qmail-start keeps running beside the daemons: mail goes on without it. */
export interface Helper {
  name: ProgramName
  args?: readonly string[]
  /** Does control/ ask for it, and by what? Throws Temporary. */
  wanted: (home: string) => Wanted
}

interface Wanted {
  is: boolean
  why: string
}

/** Where one of them is there TLS is led for qmail-remote, or for a qmail-smtpd whose tcpserver knows nothing of it. */
const CERTIFICATES = ['clientcert.pem', 'domaincerts', 'servercert.pem']

const byFile =
  (...names: string[]): Helper['wanted'] =>
  (home) => {
    const found = names.find((name) => existsSync(join(home, 'control', name)))
    return found === undefined ? { is: false, why: `no control/${names.join(', ')}` } : { is: true, why: `control/${found}` }
  }

export const helpers: readonly Helper[] = [
  {
    name: 'qmail-rcptd',
    wanted: (home) => {
      const number = readSetting(home, 'recipientcheck')
      return { is: number !== 0, why: `control/recipientcheck is ${number}` }
    }
  },
  { name: 'qmail-authd', wanted: byFile('checkpassword') },
  { name: 'qmail-tlsd', args: ['-c'], wanted: byFile(...CERTIFICATES) }
]
