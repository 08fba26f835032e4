import { readSetting } from '../control/read.ts'
import { Exit } from '../core/exit.ts'
import { Permanent, reason, Temporary, Usage } from '../core/failure.ts'
import { chunks, writeFd } from '../core/fdio.ts'
import type { Context } from '../core/run.ts'
import { ConnectionDied, connectToPlace } from '../net/client.ts'
import { placeOf } from './place.ts'
import { deliverByLmtp } from './session.ts'

const USAGE = 'lmtp: usage: lmtp socket|host[:port] [recipient]'
const MESSAGE_FD = 0

/** lmtp: hands the message being delivered to an LMTP server; its answer is the exit code. */
export const lmtp = async ({ args: [where, given], env, home }: Context): Promise<number> => {
  const place = placeOf(where ?? '')
  const [sender, recipient] = [env.SENDER, given ?? env.RECIPIENT]
  if (place === undefined) throw new Usage(USAGE)
  if (sender === undefined || recipient === undefined) throw new Permanent('SENDER and RECIPIENT have to be set')
  const connection = await connectToPlace(place, readSetting(home, 'timeoutconnect'))
  if (typeof connection === 'string') throw new Temporary(`unable to connect to ${where}: ${connection === 'timeout' ? 'timed out' : 'connection refused'}`)
  connection.limit(readSetting(home, 'timeoutremote'))
  try {
    const said = await deliverByLmtp(connection, { myName: readSetting(home, 'me') ?? 'localhost', sender, recipient, pieces: chunks(MESSAGE_FD) })
    writeFd(1, `lmtp: ${said}\n`)
    return Exit.ok
  } catch (error) {
    connection.abort()
    throw error instanceof ConnectionDied ? new Temporary(`connection to ${where} lost: ${reason(error)}`, { cause: error }) : error
  }
}
