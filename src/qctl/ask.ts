import { connect } from 'node:net'
import { join } from 'node:path'
import { errorCode, Permanent, reason, Temporary } from '../core/failure.ts'
import { CTL_SOCKET, CTL_VERSION, type CtlAnswer, type CtlRequest, LineParser, packLine } from '../queue/ctl-wire.ts'

/** Far above any answer: a message's thousand recipients, each with an answer. */
const MAX_ANSWER_BYTES = 67_108_864

/** Nobody listens there: qmail-send does not run, or is not the suite's own. */
export class NotRunning extends Temporary {}

const failure = (error: unknown): Error => {
  const code = errorCode(error)
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return new NotRunning('qmail-send is not running')
  if (code === 'EACCES') return new Permanent('only root may ask qmail-send')
  return new Temporary(`unable to reach qmail-send: ${reason(error)}`, { cause: error })
}

/**
 * Asks the running qmail-send, and hands over its answers as they come, the last of them `end`. Rejects with NotRunning; with Permanent when it refuses, or we may not;
 * with Temporary when it goes away.
 */
export const ask = (home: string, request: Omit<CtlRequest, 'version'>, take: (answer: CtlAnswer) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const parser = new LineParser<CtlAnswer>(MAX_ANSWER_BYTES)
    const socket = connect({ path: join(home, CTL_SOCKET) })
    socket.on('error', (error) => reject(failure(error)))
    socket.on('connect', () => socket.write(packLine({ version: CTL_VERSION, ...request })))
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const answer of parser.push(chunk)) {
          if (answer.kind === 'refused') reject(new Temporary(answer.why))
          else take(answer)
          if (answer.kind === 'end') resolve()
        }
      } catch (error) {
        socket.destroy()
        reject(error)
      }
    })
    socket.on('close', () => reject(new Temporary('qmail-send went away before all was done')))
  })
