/**
 * NAME     qmail-pop3d maildir: serves a Maildir by POP3 (spec network.md 8.3)
 * RUNS AS  the mailbox's owner, and never root, under checkpassword
 * FDS      0< 1> the connection, 2> why not
 * ENV      none
 * EXIT     0 any end; 1 run by root
 * FILES    the Maildir; control/pop3capa
 *
 * The client is logged in already. QUIT removes what was deleted, and moves the rest of new/ to cur/; any other end changes nothing.
 */
import { Exit } from '../src/core/exit.ts'
import { writeFd } from '../src/core/fdio.ts'
import { logLine } from '../src/core/logline.ts'
import { run } from '../src/core/run.ts'
import { readableFd, writableFd } from '../src/net/stdio.ts'
import { capabilities } from '../src/pop3/capabilities.ts'
import { openMaildrop, servePop3 } from '../src/pop3/pop3d.ts'

const AS_ROOT = 1

run('qmail-pop3d', ({ home, args: [maildir] }) => {
  if (process.getuid?.() === 0) {
    logLine(2, 'qmail-pop3d invoked as uid 0, terminating')
    return AS_ROOT
  }
  const messages = openMaildrop(maildir, Date.now())
  if (typeof messages !== 'string') return servePop3(readableFd(0), writableFd(1), messages, capabilities(home))
  writeFd(1, messages)
  return Exit.ok
})
