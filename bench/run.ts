/**
 * `make bench`: 2,000 messages of 4 kB over 20 SMTP sessions, with a connection kept and with one for each message, 400 of 200 kB and 40 of 5 MB, into the Maildirs of four users, through the installed, resident suite and through
 * Debian's Postfix, Exim and OpenSMTPD, in turn, on 127.0.0.1; 2,000 of 4 kB on to smtp-sink; what each asks of the file system for a message (syscalls.ts); one table of all ratios; memory of the idle suite;
 * one sendmail and one delivery to a program (once.ts).
 * ROUNDS=n (default 5); LOAD=words of the name of the loads to be measured; PEERS=words of postfix, exim, opensmtpd (default: all that can be had; Exim takes the most of the time, by far: PEERS=postfix is the shortest);
 * SHARE=n (default 1): of the messages of each load only this share; DELIVERY=virtual: Postfix delivers by virtual(8), not local(8). Needs root and the package postfix, whose smtp-source sends; Exim and OpenSMTPD are fetched by apt-get, not installed (unpacked.ts).
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../test/helpers/free-port.ts'
import { type Comparison, compare, sayRatios } from './compare.ts'
import { AWAY, DOMAIN, LOADS, SMTP_SOURCE, startSink } from './load.ts'
import { measureStarts } from './once.ts'
import { type Running, startPeers } from './peers.ts'
import { enterNameSpace } from './postfix.ts'
import { startQmail } from './qmail.ts'
import { measureCalls } from './syscalls.ts'

/** Then the suite is at leisure (src/os/leisure.ts). */
const SETTLE_SECONDS = 75
const say = (text: string): void => void process.stdout.write(`${text}\n`)

enterNameSpace(import.meta.filename)
if (!existsSync(SMTP_SOURCE)) throw new Error('bench: the load generator smtp-source comes with the Debian package postfix')
/** What runs, and is ended in the order in which it was started, also when we are told to end. */
const running: Running[] = []
const stopEach = async (): Promise<void> => {
  for (let one = running.shift(); one; one = running.shift()) await one.stop()
}
let stopping: Promise<void> | undefined
const stopAll = (): Promise<void> => (stopping ??= stopEach())
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stopAll().finally(() => process.exit(1)))

const sink = startSink(await freePort())
running.push(sink)
const relays = (home: string): void => {
  writeFileSync(join(home, 'control', 'rcpthosts'), `${DOMAIN}\n${AWAY}\n`)
  writeFileSync(join(home, 'control', 'smtproutes'), `${AWAY}:127.0.0.1:${sink.port}\n`)
}
try {
  const qmail = await startQmail(await freePort(), undefined, relays)
  running.push(qmail)
  const peers = await startPeers(running)
  const ours = { ...qmail, sink }
  const comparisons: Comparison[] = []
  for (const load of LOADS.filter(({ name }) => name.includes(process.env.LOAD ?? ''))) comparisons.push(await compare([ours, ...peers.all], load))
  await measureCalls([ours, ...peers.all])

  await delay(SETTLE_SECONDS * 1000)
  const pss = qmail.pss()
  say(
    `\nidle suite: ${(pss.reduce((sum, p) => sum + p.kilobytes, 0) / 1000).toFixed(0)} MB PSS (${pss.map((p) => `${p.name} ${(p.kilobytes / 1000).toFixed(0)}`).join(', ')})`
  )

  await measureStarts(qmail, peers.postfix)
  sayRatios(comparisons)
} finally {
  await stopAll()
}
