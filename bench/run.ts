/**
 * `make bench`: 2,000 messages of 4 kB over 20 SMTP sessions, with a connection kept and with one for each message, and 400 of 200 kB, into the Maildirs of four users, through the installed, resident suite and through
 * Debian's Postfix, in turn, on 127.0.0.1; memory of the idle suite; one sendmail and one delivery to a program (once.ts). ROUNDS=n (default 5). Needs root and the package postfix.
 */
import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../test/helpers/free-port.ts'
import { compare } from './compare.ts'
import { LOADS, SMTP_SOURCE, type Subject } from './load.ts'
import { measureStarts } from './once.ts'
import { enterNameSpace, type Postfix, startPostfix } from './postfix.ts'
import { type Qmail, startQmail } from './qmail.ts'

const SETTLE_SECONDS = 12
const say = (text: string): void => void process.stdout.write(`${text}\n`)

enterNameSpace(import.meta.filename)
if (!existsSync(SMTP_SOURCE)) throw new Error('bench: the load generator smtp-source comes with the Debian package postfix')
const qmail = await startQmail(await freePort())
let postfix: Postfix | undefined
try {
  postfix = startPostfix(await freePort())
  const subjects: [Qmail, ...Subject[]] = postfix ? [qmail, postfix] : [qmail]
  for (const load of LOADS) await compare(subjects, load)

  await delay(SETTLE_SECONDS * 1000)
  const pss = qmail.pss()
  say(
    `\nidle suite: ${(pss.reduce((sum, p) => sum + p.kilobytes, 0) / 1000).toFixed(0)} MB PSS (${pss.map((p) => `${p.name} ${(p.kilobytes / 1000).toFixed(0)}`).join(', ')})`
  )

  await measureStarts(qmail, postfix)
} finally {
  postfix?.stop()
  await qmail.stop()
}
