import { envelopeLimits } from '../queue/envelope.ts'
import { DropFile } from './drop-file.ts'
import { submitThroughFile } from './file.ts'
import type { Submission } from './submission.ts'

/** Submits through the drop folder, within this process (docs/internals.md, Who can reach what). After code 0 the message is on the disk, whether or not qmail-queued runs. */
export const submitThroughDrop = (home: string): Submission => submitThroughFile(envelopeLimits(home), () => new DropFile(home, Date.now()))
