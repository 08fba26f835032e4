import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { SPLIT } from '../../src/queue/paths.ts'
import type { Home } from './home.ts'

export interface Queued {
  sender: string
  recipients: string[]
  /** The message without its Received line. */
  message: string
}

/** What waits in todo/, in no order, taken out of the queue; for homes whose qmail-send is not running. */
export const takeQueued = (home: Home): Queued[] =>
  readdirSync(home.at('queue', 'todo')).map((id) => {
    const mess = home.at('queue', 'mess', String(Number(id) % SPLIT), id)
    const records = readFileSync(home.at('queue', 'todo', id), 'latin1')
      .split('\0')
      .slice(0, -1)
    const of = (kind: string): string[] => records.filter((r) => r.startsWith(kind)).map((r) => r.slice(1))
    const message = readFileSync(mess, 'latin1').replace(/^Received: [^\n]*\n/, '')
    for (const path of [home.at('queue', 'todo', id), home.at('queue', 'intd', id), mess]) rmSync(path, { force: true })
    return { sender: of('F')[0] ?? '', recipients: of('T'), message }
  })
