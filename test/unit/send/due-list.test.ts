import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DueList } from '../../../src/send/due-list.ts'

const drain = (list: DueList, now: number): number[] => {
  const ids: number[] = []
  for (let id = list.takeDue(now); id !== undefined; id = list.takeDue(now)) ids.push(id)
  return ids
}

test('what is due comes out in order of time, equals in the order they went in; the rest stays', () => {
  const list = new DueList()
  const dues = [50, 10, 30, 10, 20, 99, 10, 40]
  for (const [id, due] of dues.entries()) list.insert(id, due)
  assert.equal(list.firstDue, 10)
  assert.deepEqual(drain(list, 45), [1, 3, 6, 4, 2, 7])
  assert.deepEqual(list.entries(), [
    { id: 0, due: 50 },
    { id: 5, due: 99 }
  ])
  assert.equal(list.size, 2)
})

test('many entries keep their order', () => {
  const list = new DueList()
  const due = (id: number): number => (id * 7919) % 1000
  for (let id = 0; id < 5000; id++) list.insert(id, due(id))
  const out = drain(list, 1000)
  assert.equal(out.length, 5000)
  assert.deepEqual(
    out,
    [...out].sort((a, b) => due(a) - due(b) || a - b)
  )
})

test('allDue makes everything due and keeps the order', () => {
  const list = new DueList()
  list.insert(1, 500)
  list.insert(2, 400)
  list.insert(3, 900)
  list.allDue(7)
  assert.deepEqual(drain(list, 7), [2, 1, 3])
  assert.equal(list.firstDue, undefined)
})

test('a number stands in it once: put in again it has the new time; taken out it does not come', () => {
  const list = new DueList()
  for (const id of [1, 2, 3]) list.insert(id, 10 * id)
  list.insert(3, 5)
  list.insert(1, 40)
  assert.equal(list.remove(2), true)
  assert.equal(list.remove(2), false)
  assert.deepEqual([list.size, list.firstDue, list.dueOf(1), list.dueOf(2)], [2, 5, 40, undefined])
  list.insert(2, 41)
  assert.deepEqual(drain(list, 100), [3, 1, 2])
  assert.deepEqual([list.size, list.firstDue], [0, undefined])
})

test('numbers moved to and fro keep their order, and the list does not grow', () => {
  const list = new DueList()
  for (let round = 0; round < 200; round++) for (let id = 0; id < 100; id++) list.insert(id, (id * 7919 + round * 31) % 1000)
  for (let id = 0; id < 50; id++) list.remove(id * 2)
  const due = (id: number): number => (id * 7919 + 199 * 31) % 1000
  const out = drain(list, 1000)
  assert.deepEqual(
    out,
    Array.from({ length: 50 }, (_, n) => n * 2 + 1).sort((a, b) => due(a) - due(b) || a - b)
  )
})
