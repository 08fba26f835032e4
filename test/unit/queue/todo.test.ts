import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTodo } from '../../../src/queue/todo.ts'

test('an envelope is read record by record', () => {
  assert.deepEqual(parseTodo('u3001\0p11630\0Fa@b\0Tjoe@x\0T\0'), { uid: 3001, pid: 11630, sender: 'a@b', notes: '', recipients: ['joe@x', ''], isValid: true })
})

test('a piece without its NUL at the end does not count', () => {
  assert.deepEqual(parseTodo('u1\0F#@[]\0Ta@b'), { uid: 1, pid: 0, sender: '#@[]', notes: '', recipients: [], isValid: true })
})

test('a record of another kind makes it invalid, and so does an empty one', () => {
  assert.equal(parseTodo('u1\0Fs\0Xwhat\0Ta\0').isValid, false)
  assert.deepEqual(parseTodo('u1\0Fs\0\0Ta\0'), { uid: 1, pid: 0, sender: 's', notes: '', recipients: [], isValid: false })
})
