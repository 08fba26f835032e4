import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { QueueTrouble } from '../../../src/queue/queue-file.ts'
import { MessageFiles } from '../../../src/queue/writer.ts'

const root = `${mkdtempSync(join(tmpdir(), 'queue-writer-'))}/`
after(() => rmSync(root, { recursive: true }))
for (const folder of ['pid', 'intd', 'todo', 'mess']) mkdirSync(root + folder)
for (let n = 0; n < 23; n++) mkdirSync(`${root}mess/${n}`)
const origin = { uid: 7, who: 'by uid 7', qp: undefined, startMs: 0 }

const written = (): MessageFiles => {
  const files = new MessageFiles(root, origin)
  files.message(Buffer.from('hi\n'))
  files.endMessage()
  files.openEnvelope()
  files.envelope(Buffer.from('Fa\0Tb\0'))
  files.endEnvelope()
  return files
}
const mess = ({ id }: MessageFiles): string => `${root}mess/${id % 23}/${id}`

test('a message in todo/ is never removed by its writer', () => {
  const files = written()
  files.publish()
  files.remove()
  files.close()
  assert.equal(readFileSync(mess(files), 'latin1'), `Received: (qmail ${files.id} invoked by uid 7); 1 Jan 1970 00:00:00 -0000\nhi\n`)
  assert.equal(readFileSync(`${root}todo/${files.id}`, 'latin1'), `u7\0p${files.id}\0Fa\0Tb\0`)
})

test('a message not yet in todo/ can be removed without a trace', () => {
  const files = written()
  files.remove()
  files.close()
  assert.deepEqual([mess(files), `${root}intd/${files.id}`, `${root}todo/${files.id}`].filter(existsSync), [])
})

test('what stands in todo/ already is neither overwritten nor a reason to remove anything: 66', () => {
  const files = written()
  writeFileSync(`${root}todo/${files.id}`, 'old')
  assert.throws(
    () => files.publish(),
    (error) => error instanceof QueueTrouble && error.code === 66
  )
  files.remove()
  files.close()
  assert.equal(readFileSync(`${root}todo/${files.id}`, 'latin1'), 'old')
  assert.ok(existsSync(mess(files)) && existsSync(`${root}intd/${files.id}`))
})

test('what stands in mess/ under a new number is not overwritten: 64', () => {
  const probe = new MessageFiles(root, origin)
  probe.remove()
  probe.close()
  writeFileSync(mess(probe), 'copied from another queue') // may take the number just freed: then it is another one's turn
  let taken: MessageFiles | undefined
  try {
    taken = new MessageFiles(root, origin)
  } catch (error) {
    assert.ok(error instanceof QueueTrouble && error.code === 64)
  }
  assert.notEqual(taken?.id, probe.id)
  assert.equal(readFileSync(mess(probe), 'latin1'), 'copied from another queue')
})
