import type { Bytes } from '../../core/bytes.ts'
import { CHANNELS, type Channel, splitPath } from '../../queue/paths.ts'
import { domainOf } from '../../queue/selection.ts'
import { FileRecords } from '../records.ts'
import type { State } from '../state.ts'

/** Of messages with more recipients on a channel it is not kept in mind whom they are for. */
const MAX_RECIPIENTS = 1000

/** The domains of those who are not done in a channel's file; undefined: there are too many, or it cannot be read now. */
const domainsIn = ({ ctl: { memory } }: State, id: number, channel: Channel): Bytes[] | undefined => {
  try {
    const records = new FileRecords(splitPath(channel, id))
    try {
      const domains = new Set<Bytes>()
      for (let count = 0; count < MAX_RECIPIENTS; count++) {
        const recipient = records.next()
        if (recipient === undefined) return [...domains]
        domains.add(memory.nameOf(domainOf(recipient.address)))
      }
      return undefined
    } finally {
      records.close()
    }
  } catch {
    return undefined // whoever wants to know looks for himself
  }
}

/** Reads whom a message is for of which nobody has looked yet: one a step, when there is time. False: all are known. */
export const domainStep = (state: State): boolean => {
  const { ctl, spawners } = state
  const id = ctl.unread.pop()
  if (id === undefined) return false
  for (const channel of CHANNELS) {
    if (spawners[channel].waiting.dueOf(id) === undefined || ctl.memory.domains(id, [channel]) !== undefined) continue
    const domains = domainsIn(state, id, channel)
    if (domains !== undefined) ctl.memory.know(id, channel, domains)
  }
  return true
}
