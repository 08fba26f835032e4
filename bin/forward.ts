/**
 * NAME     forward address ...: forwards a message
 * RUNS AS  the recipient, from a line of .qmail
 * FDS      0< the message, from where it stands; 2> `forward: qp N`
 * ENV      NEWSENDER: whom the forwarded message comes from; DTLINE: the line before it; QMAILQUEUE; SENDER, RECIPIENT, QMAILESMTP: what ESMTP said of it, which goes with it
 * EXIT     0 forwarded, 100 it will never be, 111 try again later
 * FILES    none
 */
import { Exit } from '../src/core/exit.ts'
import { logLine } from '../src/core/logline.ts'
import { run } from '../src/core/run.ts'
import { required } from '../src/delivery/environment.ts'
import { messageChunks } from '../src/os/closed.ts'
import { notesFromDelivery } from '../src/submit/forwarded.ts'
import { after, submitWhole } from '../src/submit/whole.ts'

run('forward', async ({ args, env, home }) => {
  const [sender, line] = [required(env, 'NEWSENDER'), required(env, 'DTLINE')]
  const qp = await submitWhole(
    { home, env, isLast: true },
    { pieces: after(line, messageChunks(0)), sender, recipients: args, notes: notesFromDelivery(env, sender, args) }
  )
  logLine(2, `forward: qp ${qp}`)
  return Exit.ok
})
