import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cannotStart, needsFile, reportOn, reportsOn } from '../../../src/rspawn/report.ts'

// the table of spec queue.md 7.3
const cases: [string, string][] = [
  ['rok\0KAccepted\n\0', 'KokAccepted\n'],
  ['hbad\0KAccepted\n\0', 'Dbad'],
  ['slater\0KAccepted\n\0', 'Zlater'],
  ['rok\0Zconn died\n\0', 'Zokconn died\n'],
  ['hbad\0Zconn\n\0', 'Dbad'],
  ['sbad\0Dperm\n\0', 'Zbadperm\n'],
  ['hbad\0Dperm\n\0', 'Dbadperm\n'],
  ['Zconn failed\n\0', 'Zconn failed\n'],
  ['Dno host\n\0', 'Dno host\n'],
  ['rok\0hbad\0Kacc\n\0', 'Kok'],
  ['rok\0Kacc', 'Dokacc'],
  ['rok', 'D'],
  ['garbage\0more\0', 'Darbage']
]
for (const [output, report] of cases) {
  test(`${JSON.stringify(output)} is reported as ${JSON.stringify(report)}`, () => assert.equal(reportOn({ code: 0, output }), report))
}

test('silence, a crash and code 111 are temporary; every other code is permanent, whatever was printed', () => {
  assert.match(reportOn({ code: 0, output: '' }), /^Z.*\n$/)
  assert.match(reportOn({ code: 'crashed', output: 'r\0Kok\n\0' }), /^Z.*\n$/)
  assert.match(reportOn({ code: 111, output: 'r\0Kok\n\0' }), /^Z.*\n$/)
  for (const code of [1, 99, 100, 110, 126]) assert.match(reportOn({ code, output: 'r\0Kok\n\0' }), /^D.*\n$/)
})

test('a program that cannot be started is tried again only after a temporary error', () => {
  assert.match(reportOn(cannotStart(Object.assign(new Error('x'), { code: 'ENOMEM' }), true)), /^Z/)
  assert.match(reportOn(cannotStart(Object.assign(new Error('x'), { code: 'ENOENT' }), false)), /^D/)
  assert.match(reportOn(cannotStart(Object.assign(new Error('x'), { code: 'ENOENT' }), true)), /^Z/, 'an upgrade may be replacing ours')
})

test('of a delivery to several recipients each has the report it would have had alone; whom it did not name is not taken for reached', () => {
  const all = (output: string, count: number, hasNotes = false): string[] => reportsOn({ code: 0, output }, count, hasNotes)
  assert.deepEqual(all('r\0hno\n\0slater\n\0Kok\n\0', 3), ['Kok\n', 'Dno\n', 'Zlater\n'])
  assert.deepEqual(all('r\0Zdied\n\0', 3), ['Zdied\n', 'Zdied\n', 'Zdied\n'])
  assert.deepEqual(all('hno\n\0slater\n\0Dgiving up\n\0', 2), ['Dno\ngiving up\n', 'Zlater\ngiving up\n'])
  assert.deepEqual(all('Dno host\n\0', 2), ['Dno host\n', 'Dno host\n'])
  assert.deepEqual(all('r\0Kok\n\0', 2), ['Kok\n', 'Zqmail-remote said nothing. (#4.3.0)\n'])
  assert.deepEqual(all('r\0hno\n\0Kok\n\0+dsn\0', 2, true), ['kok\n', 'Dno\n'])
  for (const code of ['crashed', 0, 111] as const) for (const report of reportsOn({ code, output: '' }, 2, false)) assert.match(report, /^Z.*\n$/)
  assert.deepEqual(reportsOn(needsFile, 3, false), ['F'])
})
