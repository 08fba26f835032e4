import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClockWatch } from '../../../src/send/clock/watch.ts'
import { DueList } from '../../../src/send/due-list.ts'

test('a clock that is set is noticed, once; one that is adjusted little by little is not', () => {
  let [day, steady] = [1_000_000, 500]
  const watch = new ClockWatch({ day: () => day, steady: () => steady })
  const pass = (dayMs: number, steadyMs: number): number => {
    day += dayMs
    steady += steadyMs
    return watch.look()
  }
  assert.equal(pass(86_400_000, 86_400_000), 0) // a long sleep
  for (let n = 0; n < 100; n++) assert.equal(pass(60_000 + 500, 60_000), 0)
  assert.equal(pass(3_600_000, 0), 3600)
  assert.equal(pass(1000, 1000), 0)
  assert.equal(pass(-86_399_000, 1000), -86_400)
  assert.equal(pass(1000, 1000), 0)
})

test('a list that is put off, or earlier, keeps its order, and what was taken out stays out', () => {
  const list = new DueList()
  for (const [id, due] of [300, 100, 200, 100].entries()) list.insert(id, due)
  list.insert(2, 50)
  list.remove(1)
  list.postpone(-40)
  assert.deepEqual(list.entries(), [
    { id: 2, due: 10 },
    { id: 3, due: 60 },
    { id: 0, due: 260 }
  ])
  list.insert(1, 20)
  assert.deepEqual([list.takeDue(20), list.takeDue(20), list.takeDue(20), list.firstDue], [2, 1, undefined, 60])
})
