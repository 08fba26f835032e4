import type { Socket } from 'node:net'
import type { TcpserverLog } from '../accept/log.ts'
import type { Bytes } from '../core/bytes.ts'
import { stopReading } from '../os/stop-reading.ts'
import type { ToWorker } from '../spawn/handover.ts'
import type { TlsDoor } from './tls-door.ts'

/** Says something to a worker; a socket goes with it, and is closed when the worker is gone. */
type Send = (message: ToWorker, socket?: Socket) => void

/** A worker's session turns to TLS: it gets the plain side, or its socket back. */
export const startTlsFor = async (
  send: Send,
  id: number,
  ready: Bytes,
  raw: Socket | undefined,
  tls: TlsDoor | undefined,
  log: TcpserverLog
): Promise<void> => {
  if (!raw) {
    send({ kind: 'unsecured', id }) // it was lost on its way
    return
  }
  stopReading(raw)
  raw.on('error', () => {})
  const outcome = tls ? await tls.secure(raw, ready, (number) => log.status(`tls ${id} id ${number}`)) : { kind: 'clear' as const }
  if (outcome.kind === 'secured') send({ kind: 'secured', id, variables: outcome.variables }, outcome.plain)
  else if (outcome.kind === 'clear') send({ kind: 'clear', id }, raw)
  else send({ kind: 'unsecured', id })
}
