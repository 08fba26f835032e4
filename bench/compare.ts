import { type Figures, type Load, measure, median, type Subject } from './load.ts'
import { used, usedBetween } from './processor.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 5)
const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** The middle, and from where to where: `2.5 (2.1-2.9)`. */
export const spread = (values: number[], digits: number): string =>
  `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}-${Math.max(...values).toFixed(digits)})`

const WHAT = ['accepted', 'delivered', 'cpu'] as const
const DIGITS = { accepted: 0, delivered: 0, cpu: 2 }

/** What one load came to: ours by theirs, in each round, by the peer's name. */
export interface Comparison {
  load: string
  ratios: Map<string, Record<keyof Figures, number[]>>
}

/** Processor milliseconds a message of each server, by its programs. */
const sayPrograms = (name: string, sums: Map<string, number>[], messages: number): void => {
  const programs = [...new Set(sums.flatMap((sum) => [...sum.keys()]))]
  const per = programs.map((program) => `${program} ${(sums.reduce((ms, sum) => ms + (sum.get(program) ?? 0), 0) / messages).toFixed(3)}`)
  say(`processor ms a message, by program of ${name}: ${per.join(', ')}`)
}

/** Measures all subjects under one load, in turn, the order turned round each time, and prints the table; ratios are those of each round. The first is ours. */
export const compare = async (subjects: [Subject, ...Subject[]], load: Load): Promise<Comparison> => {
  const [ours, ...others] = subjects
  const results = new Map<string, Figures[]>(subjects.map((s) => [s.name, []]))
  const sums = new Map<string, Map<string, number>[]>(subjects.map((s) => [s.name, []]))
  for (const s of subjects) await measure(s, load) // warm-up, not counted
  for (let round = 1; round <= ROUNDS; round++) {
    for (const s of round % 2 ? subjects : subjects.toReversed()) {
      const before = used(s.processes())
      results.get(s.name)?.push(await measure(s, load))
      sums.get(s.name)?.push(usedBetween(before, used(s.processes())))
    }
  }
  say(`\n### ${load.name}, ${load.messages} messages, ${ROUNDS} rounds: the middle (lowest-highest)\n`)
  say('| | accepted/s | delivered/s | whole machine, ms of processor a message (load generator included) |\n| --- | --- | --- | --- |')
  const of = (name: string, what: keyof Figures): number[] => (results.get(name) ?? []).map((figures) => figures[what])
  for (const { name } of subjects) say(`| ${name} | ${WHAT.map((what) => spread(of(name, what), DIGITS[what])).join(' | ')} |`)
  const ratios: Comparison['ratios'] = new Map()
  for (const { name } of others) {
    const by = (what: keyof Figures): number[] => of(ours.name, what).map((value, i) => value / (of(name, what)[i] ?? Number.NaN))
    const all = { accepted: by('accepted'), delivered: by('delivered'), cpu: by('cpu') }
    ratios.set(name, all)
    say(`| ratio to ${name} | ${WHAT.map((what) => spread(all[what], 2)).join(' | ')} |`)
  }
  say('')
  for (const { name } of subjects) sayPrograms(name, sums.get(name) ?? [], ROUNDS * load.messages)
  return { load: load.name, ratios }
}

/** Prints one table of all loads: what we accept and deliver a second, by what each peer does. */
export const sayRatios = (all: Comparison[]): void => {
  const peers = [...(all[0]?.ratios.keys() ?? [])]
  if (peers.length === 0) return
  const columns = peers.flatMap((peer) => [`${peer}, accepted`, `${peer}, delivered`])
  say(`\n### ours by theirs, a second, ${ROUNDS} rounds: the middle (lowest-highest); above 1 we are ahead\n`)
  say(`| | ${columns.join(' | ')} |\n| --- |${' --- |'.repeat(columns.length)}`)
  for (const { load, ratios } of all) {
    const cells = peers.flatMap((peer) => (['accepted', 'delivered'] as const).map((what) => spread(ratios.get(peer)?.[what] ?? [], 2)))
    say(`| ${load} | ${cells.join(' | ')} |`)
  }
}
