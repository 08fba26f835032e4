/**
 * `make bench`: 2,000 messages of 4 kB over 20 SMTP sessions, with a connection kept and with one for each message, 400 of 200 kB and 40 of 5 MB, into the Maildirs of four users, through the installed, resident suite and through
 * Debian's Postfix, in turn, on 127.0.0.1; 2,000 of 4 kB on to smtp-sink; memory of the idle suite; one sendmail and one delivery to a program (once.ts). ROUNDS=n (default 5), LOAD=words of the name of the loads to be measured; DELIVERY=virtual: Postfix delivers by virtual(8), not local(8). Needs root and the package postfix.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../test/helpers/free-port.ts'
import { compare } from './compare.ts'
import { AWAY, DOMAIN, LOADS, SMTP_SOURCE, type Subject, startSink } from './load.ts'
import { measureStarts } from './once.ts'
import { enterNameSpace, type Postfix, startPostfix } from './postfix.ts'
import { type Qmail, startQmail } from './qmail.ts'

/** Then the suite is at leisure (src/os/leisure.ts). */
const SETTLE_SECONDS = 75
const say = (text: string): void => void process.stdout.write(`${text}\n`)

enterNameSpace(import.meta.filename)
if (!existsSync(SMTP_SOURCE)) throw new Error('bench: the load generator smtp-source comes with the Debian package postfix')
const [sink, otherSink] = [startSink(await freePort()), startSink(await freePort())]
const relays = (home: string): void => {
  writeFileSync(join(home, 'control', 'rcpthosts'), `${DOMAIN}\n${AWAY}\n`)
  writeFileSync(join(home, 'control', 'smtproutes'), `${AWAY}:127.0.0.1:${sink.port}\n`)
}
const qmail = await startQmail(await freePort(), undefined, relays)
let postfix: Postfix | undefined
try {
  postfix = startPostfix(await freePort(), `transport_maps = inline:{{${AWAY}=smtp:[127.0.0.1]:${otherSink.port}}}\n`)
  const ours = { ...qmail, sink }
  const subjects: [Qmail, ...Subject[]] = postfix ? [ours, { ...postfix, sink: otherSink }] : [ours]
  for (const load of LOADS.filter(({ name }) => name.includes(process.env.LOAD ?? ''))) await compare(subjects, load)

  await delay(SETTLE_SECONDS * 1000)
  const pss = qmail.pss()
  say(
    `\nidle suite: ${(pss.reduce((sum, p) => sum + p.kilobytes, 0) / 1000).toFixed(0)} MB PSS (${pss.map((p) => `${p.name} ${(p.kilobytes / 1000).toFixed(0)}`).join(', ')})`
  )

  await measureStarts(qmail, postfix)
} finally {
  postfix?.stop()
  await qmail.stop()
  for (const one of [sink, otherSink]) one.stop()
}
