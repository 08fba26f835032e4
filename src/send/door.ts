import type { Submission } from '../queue/submission.ts'
import { submit } from '../queue/submit.ts'
import type { SendSettings } from './settings.ts'

/** Opens a door into the queue for a bounce. Throws Temporary when there is none. */
export const openDoor = ({ home, env }: SendSettings): Promise<Submission> => submit({ home, env })
