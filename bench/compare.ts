import { type Figures, type Load, measure, median, type Subject } from './load.ts'
import type { Qmail } from './qmail.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 5)
const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** The middle, and from where to where: `2.5 (2.1-2.9)`. */
const spread = (values: number[], digits: number): string =>
  `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}-${Math.max(...values).toFixed(digits)})`

const WHAT = ['accepted', 'delivered', 'cpu'] as const
const DIGITS = { accepted: 0, delivered: 0, cpu: 2 }

/** Measures all subjects under one load, in turn, the order turned round each time, and prints the table; ratios are those of each round. The first is ours. */
export const compare = async (subjects: [Qmail, ...Subject[]], load: Load): Promise<void> => {
  const [ours, ...others] = subjects
  const results = new Map<string, Figures[]>(subjects.map((s) => [s.name, []]))
  for (const s of subjects) await measure(s, load) // warm-up, not counted
  const before = ours.cpu()
  for (let round = 1; round <= ROUNDS; round++) for (const s of round % 2 ? subjects : subjects.toReversed()) results.get(s.name)?.push(await measure(s, load))
  const after = ours.cpu()
  say(`\n### ${load.name}, ${ROUNDS} rounds: the middle (lowest-highest)\n`)
  say('| | accepted/s | delivered/s | whole machine, ms of processor a message (load generator included) |\n| --- | --- | --- | --- |')
  const of = (name: string, what: keyof Figures): number[] => (results.get(name) ?? []).map((figures) => figures[what])
  for (const { name } of subjects) say(`| ${name} | ${WHAT.map((what) => spread(of(name, what), DIGITS[what])).join(' | ')} |`)
  for (const { name } of others) {
    const ratios = (what: keyof Figures): number[] => of(ours.name, what).map((value, i) => value / (of(name, what)[i] ?? Number.NaN))
    say(`| ratio to ${name} | ${WHAT.map((what) => spread(ratios(what), 2)).join(' | ')} |`)
  }
  const per = [...after].map(([name, ms]) => `${name} ${((ms - (before.get(name) ?? 0)) / (ROUNDS * load.messages)).toFixed(3)}`)
  say(`\nprocessor ms a message, by program of ours: ${per.join(', ')}`)
}
