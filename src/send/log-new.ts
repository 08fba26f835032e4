import { masked } from './log.ts'
import type { Message } from './message.ts'
import type { State } from './state.ts'

/** Logs a new message; one whose envelope names no sender only by its number. */
export const logNew = ({ log }: State, { id, bytes, sender, pid, uid }: Pick<Message, 'id' | 'bytes' | 'sender' | 'pid' | 'uid'>): void => {
  log.line(`new msg ${id}`)
  if (sender !== undefined) log.line(`info msg ${id}: bytes ${bytes} from <${masked(sender)}> qp ${pid} uid ${uid}`)
}
