import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uniqueName } from '../../src/local/maildir-grouped.ts'

test('names of messages in a Maildir sort as they were made, whatever the microseconds', () => {
  const second = 1_795_800_000 * 1e6
  const names = [0, 7, 68_807, 127_770, 999_999, 1_000_000].map((microseconds) => uniqueName(second + microseconds))
  assert.deepEqual(names.toSorted(), names)
  assert.match(names[2] ?? '', /^1795800000\.M068807P\d+Q\d+\./)
})
