/**
 * NAME     qmail-local [-nN] user homedir local dash ext domain sender defaultdelivery: delivers one message to one local recipient
 * RUNS AS  the recipient, with its one group; never root under qmail-lspawn
 * FDS      0< the message (a file: every instruction reads it from its start), 1> report, 2> why not, one line without prefix;
 *          resident: 0< requests, 1> answers
 * ENV      all of it goes to programs, besides SENDER NEWSENDER RECIPIENT USER HOME HOST HOST2-4 LOCAL EXT EXT2-4 DEFAULT
 *          DTLINE RPLINE UFLINE; QMAILQUEUE: the program that forwarded copies go to
 * EXIT     0 delivered, 100 permanent failure, 111 temporary failure
 * FILES    homedir/.qmail, .qmail-ext, .qmail-...default, -owner, -owner-default; whatever mailboxes they name
 *
 * -n describes what would be done. The second gear (kept by qmail-lspawn, one process a uid) delivers many messages to Maildirs and
 * forwards: src/spawn/wire.ts.
 */
import { run } from '../src/core/run.ts'
import { deliverOnce } from '../src/local/once.ts'

run('qmail-local', async (context) => {
  if (!context.resident) return deliverOnce(context)
  const { serveDeliveries } = await import('../src/local/resident.ts')
  return serveDeliveries(context)
})
