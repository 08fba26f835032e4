import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { programRows } from '../../../src/suite/programs.ts'

const bin = join(import.meta.dirname, '../../../bin')
const HOW = 'write one of them as the other has it: src/suite/programs/ is the table, the head of the bin/ file the manual'

/** A manual's fields by name, their lines joined by single blanks, and its lines without the comment's frame. */
const manualOf = (name: string): { fields: Map<string, string>; lines: string[] } => {
  const head = readFileSync(join(bin, `${name}.ts`), 'latin1').split(' */\n', 1)[0] ?? ''
  const lines = head.split('\n').map((line) => line.slice(3))
  const fields = [...head.matchAll(/^ \* ([A-Z]+(?: AS)?) {2,}(\S[\s\S]*?)(?=^ \* [A-Z]+(?: AS)? {2,}|^ \*$|(?![\s\S]))/gm)]
  return { fields: new Map(fields.map((m) => [m[1] ?? '', (m[2] ?? '').replace(/\s*\n \*\s*/g, ' ').trim()])), lines }
}

/** Descriptors that a text speaks of: `0<`, `1>`, `3<>`. */
const descriptors = (text: string): string[] => [...new Set([...text.matchAll(/(?<![\d.])(\d+)[<>]+/g)].map((m) => m[0]))].toSorted()

/** Exit codes: numbers at the start of a clause. */
const codes = (text: string): number[] => [...text.matchAll(/(?:^|[;,:] )(\d{1,3})(?= )/g)].map((m) => Number(m[1])).toSorted((a, b) => a - b)

/** Fails with every breach found, a line each. */
const assertNone = (breaches: (string | false)[]): void => {
  const found = breaches.filter((line) => line !== false)
  assert.equal(found.length, 0, `${found.join('\n')}\n${HOW}`)
}
const differ = (name: string, field: string, has: unknown, wants: unknown): string | false =>
  String(has) !== String(wants) && `bin/${name}.ts ${field} has "${has}", the table "${wants}"`

test('every program begins with its manual: NAME, RUNS AS, FDS, ENV, EXIT, FILES, in this order', () => {
  for (const [name] of programRows) assert.deepEqual([...manualOf(name).fields.keys()], ['NAME', 'RUNS AS', 'FDS', 'ENV', 'EXIT', 'FILES'], name)
})

test("NAME is the table's: how it is called, and what for", () => {
  assertNone(
    programRows.flatMap(([name, { about, synopsis, links }]) => {
      const { fields, lines } = manualOf(name)
      const ways = synopsis.includes('\n') ? synopsis.split('\n') : []
      const has = fields.get('NAME')?.replace(/ \(spec [^)]*\)$/, '')
      return [
        differ(name, 'NAME', has, `${ways.length === 0 ? synopsis : [name, ...links].join(', ')}: ${about}`),
        ...ways.map((way) => !lines.some((line) => line.trim() === way.trim()) && `bin/${name}.ts has no line "${way.trim()}"`)
      ]
    })
  )
})

test("RUNS AS begins with the table's words", () => {
  assertNone(
    programRows.map(([name, { runsAs }]) => {
      const has = manualOf(name).fields.get('RUNS AS') ?? ''
      return !has.startsWith(runsAs) && differ(name, 'RUNS AS', has, `${runsAs}...`)
    })
  )
})

test('FDS names the descriptors of the table, read or written alike', () => {
  assertNone(programRows.map(([name, { fds }]) => differ(name, 'FDS', descriptors(manualOf(name).fields.get('FDS') ?? ''), descriptors(fds))))
})

test('EXIT names the codes of the table, and no others', () => {
  assertNone(programRows.map(([name, { exits }]) => differ(name, 'EXIT', codes(manualOf(name).fields.get('EXIT') ?? ''), Object.keys(exits))))
})
