import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { QueueResult } from '../../../src/queue/codes.ts'
import { submitThroughChild } from '../../../src/submit/child.ts'

const home = mkdtempSync(join(tmpdir(), 'queue-child-'))
mkdirSync(join(home, 'bin'))
after(() => rmSync(home, { recursive: true }))
const read = (name: string): string => readFileSync(join(home, name), 'latin1')

/** Lays a queue program of its own in the home, as $QMAILQUEUE names it. */
const program = (name: string, script: string): { home: string; env: Record<string, string> } => {
  writeFileSync(join(home, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return { home, env: { PATH: '/usr/bin:/bin', QMAILQUEUE: `bin/${name}` } }
}

const submitTo = async (from: { home: string; env: Record<string, string> }, message: Buffer): Promise<QueueResult> => {
  const submission = await submitThroughChild(from)
  await submission.write(message)
  return submission.finish('a@b', ['c@d', ''])
}

test('the queue program reads the whole message on 0, then the envelope on 1, in the home', async () => {
  const message = Buffer.alloc(1_000_000, 'abc\n')
  const result = await submitTo(program('copy', 'cat > message; cat <&1 > envelope; pwd > where'), message)
  assert.deepEqual({ ...result, qp: result.qp > 0 }, { code: 0, text: '', qp: true, weFailed: false })
  assert.equal(read('message'), message.toString())
  assert.equal(read('envelope'), 'Fa@b\0Tc@d\0T\0\0')
  assert.equal(read('where'), `${home}\n`)
})

test('descriptors that it opens again, as programs do that read /dev/stdin, find the end after what was written', async () => {
  const result = await submitTo(
    program('again', 'cat /dev/stdin > message; cat /dev/stdin >> message; exec 3<&1; cat /dev/fd/3 > envelope; printf Dtext > /dev/fd/6; exit 82'),
    Buffer.from('x')
  )
  assert.deepEqual([result.code, result.text, read('message'), read('envelope')], [82, 'Dtext', 'x', 'Fa@b\0Tc@d\0T\0\0'])
})

test('its exit code and what it writes on 6 come back', async () => {
  const result = await submitTo(program('custom', 'cat >/dev/null; cat <&1 >/dev/null; printf "Dnot today" >&6; exit 82'), Buffer.from('x'))
  assert.equal(result.code, 82)
  assert.equal(result.text, 'Dnot today')
})

test('a queue program that leaves early is believed if it fails', async () => {
  const result = await submitTo(program('early', 'exit 31'), Buffer.alloc(5_000_000))
  assert.equal(result.code, 31)
})

test('a queue program that leaves early with success did not take the message', async () => {
  const result = await submitTo(program('liar', 'exit 0'), Buffer.alloc(5_000_000))
  assert.equal(result.weFailed, true)
})

test('a queue program killed by a signal has no exit code', async () => {
  const result = await submitTo(program('killed', 'kill -9 $$'), Buffer.from('x'))
  assert.equal(result.code, null)
})

test('a queue program that is not there gives 120', async () => {
  for (const name of ['/nonexistent/queue', 'bin/nonexistent', '']) {
    const result = await submitTo({ home, env: { QMAILQUEUE: name } }, Buffer.from('x'))
    assert.equal(result.code, 120, name)
  }
})

test('after an abort the queue program sees no envelope', async () => {
  const submission = await submitThroughChild(program('abort', 'cat >aborted; wc -c <&1 > envelope-bytes'))
  await submission.write(Buffer.from('half a mess'))
  await submission.abort()
  assert.equal(read('envelope-bytes').trim(), '0')
})
