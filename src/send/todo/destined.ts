import type { Message } from '../message.ts'
import type { State } from '../state.ts'
import { LARGE_RECIPIENTS } from '../waiting.ts'

/** A message gets its files: what it has left to do on the remote channel waits with its destination's, if it has but one and is not large. */
export const learnDestination = ({ destinations, spawners, ctl }: State, message: Message): void => {
  const { id, birth, sender = '', recipients } = message
  ctl.sorted(message)
  const remote = recipients.remote.filter(({ isDone }) => !isDone)
  if (remote.length > 0 && recipients.remote.length <= LARGE_RECIPIENTS) spawners.remote.waiting.learn(id, destinations.ofAll(remote, sender), birth)
}
