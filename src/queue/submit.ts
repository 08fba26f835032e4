import type { Submission, Submitter } from './submission.ts'
import { submitThroughChild } from './submit-child.ts'

/**
 * Starts handing a message to the queue, through the door that fits (DESIGN.md 3): $QMAILQUEUE or a wrapper in bin/ is run; root runs
 * bin/qmail-queue; everybody else writes to the drop folder within this process. Throws Temporary when none can be opened.
 */
export const submit = async (from: Submitter): Promise<Submission> => submitThroughChild(from)
