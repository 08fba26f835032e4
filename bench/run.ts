/**
 * `make bench`: 2,000 messages of 4 kB over 20 SMTP sessions into the Maildirs of four users, through the installed, resident suite and through
 * Debian's Postfix, in turn, on 127.0.0.1; memory of the idle suite; one sendmail and one delivery to a program (once.ts). ROUNDS=n (default 5). Needs root and the package postfix.
 */
import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../test/helpers/free-port.ts'
import { type Figures, MESSAGES, measure, median, SMTP_SOURCE, type Subject } from './load.ts'
import { measureStarts } from './once.ts'
import { enterNameSpace, type Postfix, startPostfix } from './postfix.ts'
import { startQmail } from './qmail.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 5)
const SETTLE_SECONDS = 12
const say = (text: string): void => void process.stdout.write(`${text}\n`)

enterNameSpace(import.meta.filename)
if (!existsSync(SMTP_SOURCE)) throw new Error('bench: the load generator smtp-source comes with the Debian package postfix')
const qmail = await startQmail(await freePort())
let postfix: Postfix | undefined
try {
  postfix = startPostfix(await freePort())
  const subjects: Subject[] = postfix ? [qmail, postfix] : [qmail]
  const results = new Map<string, Figures[]>(subjects.map((s) => [s.name, []]))
  for (const s of subjects) await measure(s) // warm-up, not counted
  const cpuBefore = qmail.cpu()
  for (let round = 1; round <= ROUNDS; round++) {
    for (const s of round % 2 ? subjects : subjects.toReversed()) {
      const f = await measure(s)
      results.get(s.name)?.push(f)
      say(
        `round ${round}: ${s.name.padEnd(9)} accepted ${f.accepted.toFixed(0)}/s, delivered ${f.delivered.toFixed(0)}/s, machine ${f.cpu.toFixed(2)} ms/message`
      )
    }
  }
  const middle = (name: string, what: keyof Figures): number => median((results.get(name) ?? []).map((f) => f[what]))
  say('\n| | accepted/s | delivered/s | whole machine, ms of processor a message (load generator included) |\n| --- | --- | --- | --- |')
  for (const { name } of subjects)
    say(`| ${name} | ${middle(name, 'accepted').toFixed(0)} | ${middle(name, 'delivered').toFixed(0)} | ${middle(name, 'cpu').toFixed(2)} |`)
  if (postfix) {
    const ratio = (what: keyof Figures): string => (middle('qmail-ts', what) / middle('Postfix', what)).toFixed(2)
    say(`| ratio | ${ratio('accepted')} | ${ratio('delivered')} | ${ratio('cpu')} |`)
  }
  const after = qmail.cpu()
  const per = [...after].map(([name, ms]) => `${name} ${((ms - (cpuBefore.get(name) ?? 0)) / (ROUNDS * MESSAGES)).toFixed(3)}`)
  say(`\nprocessor ms a message, by program: ${per.join(', ')}`)

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
