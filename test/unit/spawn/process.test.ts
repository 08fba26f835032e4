import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { netstring } from '../../../src/core/netstring.ts'
import { Resident } from '../../../src/spawn/process.ts'
import { takeSlab } from '../../../src/spawn/slab.ts'

const MESSAGES = 5
const MESSAGE_BYTES = 40_000

const answers = Array.from({ length: MESSAGES }, (_, number) => netstring(`${number}\x000`)).join('')

/** Answers each request before it has read any, and copies what it is sent when it has been told to. */
const HASTY = `
process.on('SIGUSR2', () => process.stdin.pipe(process.stderr))
process.stdin.on('end', () => process.exit(0))
setInterval(() => {}, 1000)
process.stdout.write(${JSON.stringify(answers)})`

const EAGER = `
process.stdin.resume()
process.stdout.write(${JSON.stringify(answers)})`

const start = (program: string) => spawn(process.execPath, ['-e', program], { stdio: ['pipe', 'pipe', 'pipe'] })

/** Answered, each from memory that is used again afterwards. */
const askAll = (resident: Resident, letter: string): Promise<unknown[]> =>
  Promise.all(
    Array.from({ length: MESSAGES }, async () => {
      const slab = takeSlab()
      const reply = await resident.ask(['x'], slab.bytes.subarray(0, MESSAGE_BYTES).fill(letter))
      slab.giveBack()
      return reply
    })
  )

test('a process that answers what it has not read gets its own messages, whatever others are sent meanwhile', { timeout: 60_000 }, async () => {
  const hasty = start(HASTY)
  let copied = ''
  hasty.stderr.on('data', (data) => {
    copied += String(data)
  })
  const isOver = new Promise((resolve) => hasty.once('close', resolve))
  const one = new Resident(hasty, () => {})
  for (const reply of await askAll(one, 'a')) assert.deepEqual(reply, ['0'])
  const other = new Resident(start(EAGER), () => {}) // only now: it answers as soon as it runs
  for (const reply of await askAll(other, 'b')) assert.deepEqual(reply, ['0'])
  hasty.kill('SIGUSR2')
  one.retire()
  other.retire()
  await isOver
  const expected = Array.from({ length: MESSAGES }, (_, i) => `3:${i}\0x,${MESSAGE_BYTES}:${'a'.repeat(MESSAGE_BYTES)},`).join('')
  assert.equal(copied.length, expected.length)
  assert.ok(copied === expected)
})
