/**
 * NAME     condredirect newaddress program [arg ...]: redirects a message, if a program says so
 * RUNS AS  the recipient, from a line of .qmail
 * FDS      0< the message (a file: it is read again from its start), handed to the program; 2> `condredirect: qp N`
 * ENV      SENDER: whom the redirected message comes from; DTLINE: the line before it; all of it goes to the program; QMAILQUEUE; RECIPIENT, QMAILESMTP: what ESMTP said of it, which goes with it
 * EXIT     0 not redirected (the program's code is neither 0 nor 111, or there is none); 99 redirected: the rest of .qmail is skipped;
 *          100 it will never be; 111 try again later: the program said so, was killed, or the queue has trouble
 * FILES    none
 */
import { Exit } from '../src/core/exit.ts'
import { Usage } from '../src/core/failure.ts'
import { logLine } from '../src/core/logline.ts'
import { run } from '../src/core/run.ts'
import { required } from '../src/delivery/environment.ts'
import { saysYes } from '../src/delivery/test-program.ts'
import { fileMessage } from '../src/os/message.ts'
import { notesFromDelivery } from '../src/submit/forwarded.ts'
import { after, submitWhole } from '../src/submit/whole.ts'

run('condredirect', async ({ args: [address, ...program], env, home }) => {
  if (address === undefined || program.length === 0) throw new Usage('condredirect: usage: condredirect newaddress program [ arg ... ]')
  if (!saysYes(program, env)) return Exit.ok
  const [sender, line] = [required(env, 'SENDER'), required(env, 'DTLINE')]
  const notes = notesFromDelivery(env, sender, [address])
  const qp = await submitWhole({ home, env }, { pieces: after(line, fileMessage(0).chunks()), sender, recipients: [address], notes })
  logLine(2, `condredirect: qp ${qp}`)
  return Exit.skipRest
})
