import type { Socket } from 'node:net'
import { Conversation } from '../net/converse.ts'
import { type Block, BlockDialogue } from './block.ts'

/** How long a client that is turned away is talked to, altogether. */
const DIALOGUE_SECONDS = 60

/** Talks to a client that is turned away; resolves at the end. */
export const turnAway = async (block: Block, socket: Socket): Promise<void> => {
  const dialogue = new BlockDialogue(block, (text) => void socket.write(text, 'latin1'))
  const { done } = new Conversation(socket, socket, dialogue, DIALOGUE_SECONDS)
  const timer = setTimeout(() => socket.destroy(), DIALOGUE_SECONDS * 1000)
  dialogue.greet()
  await done
  clearTimeout(timer)
}
