import { freePort } from '../test/helpers/free-port.ts'
import type { Peer } from './apart.ts'
import { startExim } from './exim.ts'
import { AWAY, startSink } from './load.ts'
import { startOpensmtpd } from './opensmtpd.ts'
import { type Postfix, startPostfix } from './postfix.ts'
import { Absent } from './unpacked.ts'

const NAMES = ['postfix', 'exim', 'opensmtpd'] as const
type Name = (typeof NAMES)[number]
const isName = (word: string): word is Name => NAMES.some((name) => name === word)

/** $PEERS, words; all of them if there is no such variable. */
const wanted = (): Name[] => {
  const words = (process.env.PEERS ?? NAMES.join(' ')).split(/[\s,]+/).filter(Boolean)
  return words.map((word) => {
    if (!isName(word)) throw new Error(`PEERS: ${word} is none of ${NAMES.join(', ')}`)
    return word
  })
}

/** What is to be ended. */
export interface Running {
  stop: () => void | Promise<void>
}

const START: Record<Name, (port: number, awayPort: number) => Promise<Peer | Postfix>> = {
  postfix: async (port, awayPort) => {
    const postfix = startPostfix(port, `transport_maps = inline:{{${AWAY}=smtp:[127.0.0.1]:${awayPort}}}\n`)
    if (!postfix) throw new Absent('its package is not installed')
    return postfix
  },
  exim: startExim,
  opensmtpd: startOpensmtpd
}

const isPostfix = (peer: Peer | Postfix): peer is Postfix => 'sendmail' in peer

/** Starts those of $PEERS that can be had, each with a sink of its own for AWAY, and says which cannot. What runs is put on the list `running`, for whoever ends it. */
export const startPeers = async (running: Running[]): Promise<{ all: (Peer | Postfix)[]; postfix: Postfix | undefined }> => {
  const all: (Peer | Postfix)[] = []
  for (const name of wanted()) {
    const sink = startSink(await freePort())
    running.push(sink)
    try {
      const peer = await START[name](await freePort(), sink.port)
      running.push(peer)
      all.push({ ...peer, sink })
    } catch (error) {
      if (!(error instanceof Absent)) throw error
      process.stdout.write(`${name} is left out: ${error.message}\n`)
    }
  }
  return { all, postfix: all.find(isPostfix) }
}
