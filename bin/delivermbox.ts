/**
 * NAME     delivermbox MAILBOX: delivers into a mailbox file, or a Maildir where the name ends in /
 * RUNS AS  the recipient, from a line of .qmail, .forward or aliases
 * FDS      0< the message (a file: it is read from its start), 2> why not
 * ENV      UFLINE, RPLINE, DTLINE: the lines before it
 * EXIT     0 delivered, 100 usage, 111 trouble
 * FILES    MAILBOX, MAILBOX.lock
 */
import { Exit } from '../src/core/exit.ts'
import { Usage } from '../src/core/failure.ts'
import { run } from '../src/core/run.ts'
import { deliverToMaildir } from '../src/local/maildir.ts'
import { deliverToMbox } from '../src/local/mbox.ts'
import { PRIVATE_UMASK } from '../src/local/once.ts'
import { fileMessage } from '../src/os/message.ts'

run('delivermbox', ({ args: [name], env: { UFLINE: from, RPLINE: returnPath, DTLINE: deliveredTo } }) => {
  if (!name || from === undefined || returnPath === undefined || deliveredTo === undefined) throw new Usage('delivermbox: usage: delivermbox mailbox')
  process.umask(PRIVATE_UMASK)
  const lines = { from, returnPath, deliveredTo }
  if (name.endsWith('/')) deliverToMaildir(name, lines, fileMessage(0))
  else deliverToMbox('.', name, lines, fileMessage(0))
  return Exit.ok
})
