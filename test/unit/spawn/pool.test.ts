import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { Pool } from '../../../src/spawn/pool.ts'
import { Resident } from '../../../src/spawn/process.ts'
import { until } from '../../helpers/wait.ts'

/** A resident that answers each request with its own pid; `die` kills it, `rave` breaks the protocol, `write` says that it has written, and no more; `wait` gets no answer before the end. */
const PROGRAM = `
let held = ''
process.stdin.on('data', (data) => {
  held += data.toString('latin1')
  for (let m; (m = /^([0-9]+):/.exec(held)) && held.length > m[0].length + Number(m[1]); ) {
    const [number, word] = held.slice(m[0].length, m[0].length + Number(m[1])).split('\\0')
    held = held.slice(m[0].length + Number(m[1]) + 1)
    const body = number + '\\0' + process.pid
    if (word === 'die') process.kill(process.pid, 'SIGKILL')
    else if (word === 'write') process.stdout.write((number.length + 8) + ':' + number + '\\0written,')
    else if (word === 'rave') process.stdout.write('what?')
    else if (word !== 'wait') process.stdout.write(body.length + ':' + body + ',')
  }
})`

const makePool = (limits: { max?: number; maxRequests?: number; idleSeconds?: number; isOnly?: boolean; patienceSeconds?: number } = {}) => {
  const pids = new Set<number | undefined>()
  let live = 0
  const pool = new Pool({
    max: 20,
    maxRequests: 100,
    idleSeconds: 5,
    ...limits,
    start: (_, onOver) => {
      const child = spawn(process.execPath, ['-e', PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] })
      pids.add(child.pid)
      live++
      child.on('exit', () => live--)
      return new Resident(child, onOver)
    }
  })
  return { pool, pids, live: () => live }
}
test('one process serves a key, another key gets its own', async () => {
  const { pool, pids } = makePool({ idleSeconds: 0.1 })
  const [a, b, c] = await Promise.all([pool.ask('1', 'i', ['x']), pool.ask('1', 'i', ['x']), pool.ask('2', 'i', ['x'])])
  assert.deepEqual(a, b)
  assert.notDeepEqual(a, c)
  assert.equal(pids.size, 2)
})

test('it is calm while all that is under way waits for its durability only', async () => {
  const { pool } = makePool()
  assert.ok(pool.isCalm)
  const first = pool.ask('1', 'i', ['x'])
  assert.ok(!pool.isCalm)
  await first
  assert.ok(pool.isCalm)
  const isWritten = new Promise<void>((resolve) => {
    void pool.ask('1', 'i', ['write'], undefined, resolve)
  })
  assert.ok(!pool.isCalm)
  await isWritten
  assert.ok(pool.isCalm)
  const waiting = pool.ask('1', 'i', ['wait'])
  assert.ok(!pool.isCalm)
  await pool.ask('1', 'i', ['die'])
  assert.equal(await waiting, 'crashed')
  assert.ok(pool.isCalm)
})

test('where the message is gone, or cannot be read, nothing is asked and nothing started', async () => {
  const { pool, pids } = makePool()
  assert.equal(await pool.ask('1', 'i', ['x'], () => undefined), undefined)
  await assert.rejects(
    pool.ask('1', 'i', ['x'], () => {
      throw new Error('unreadable')
    }),
    { message: 'unreadable' }
  )
  assert.equal(pids.size, 0)
  assert.ok(pool.isCalm)
})

test('an idle process ends, and so does one that has served its number of requests', async () => {
  const { pool, pids, live } = makePool({ idleSeconds: 0.1, maxRequests: 2 })
  const replies = await Promise.all([1, 2, 3].map(() => pool.ask('1', 'i', ['x'])))
  assert.equal(pids.size, 2)
  assert.deepEqual(replies[0], replies[1])
  assert.notDeepEqual(replies[1], replies[2])
  await until('the end of all', () => live() === 0)
})

test('a changed program file gets a new process; the old one finishes what it has', async () => {
  const { pool, pids } = makePool({ idleSeconds: 0.1 })
  const [old, fresh] = await Promise.all([pool.ask('1', 'old', ['x']), pool.ask('1', 'new', ['x'])])
  assert.ok(Array.isArray(old) && Array.isArray(fresh))
  assert.equal(pids.size, 2)
})

test('a crash is told to every waiting request, and the next one gets a new process', async () => {
  const { pool } = makePool({ idleSeconds: 0.1 })
  assert.deepEqual(await Promise.all([pool.ask('1', 'i', ['wait']), pool.ask('1', 'i', ['die'])]), ['crashed', 'crashed'])
  assert.ok(Array.isArray(await pool.ask('1', 'i', ['x'])))
})

test('one that breaks the protocol is killed', async () => {
  const { pool, live } = makePool()
  assert.equal(await pool.ask('1', 'i', ['rave']), 'crashed')
  assert.equal(live(), 0)
})

test('where all places are busy there is no process; an idle one makes room', async () => {
  const { pool, live } = makePool({ max: 1, idleSeconds: 0.2 })
  const busy = pool.ask('1', 'i', ['x'])
  assert.equal(await pool.ask('2', 'i', ['x']), undefined)
  await busy
  assert.ok(Array.isArray(await pool.ask('2', 'i', ['x'])))
  await until('the end of all', () => live() === 0)
})

test('a program that cannot be started is told apart from one that crashed', async () => {
  const pool = new Pool({
    max: 1,
    maxRequests: 1,
    idleSeconds: 1,
    start: (_, onOver) => new Resident(spawn('/nonexistent/program', [], { stdio: ['pipe', 'pipe', 'ignore'] }), onOver)
  })
  assert.equal(await pool.ask('1', 'i', ['x']), 'unstarted')
})

test('a key that may have only one process: what waits for the end of a retired one is served by the next', async () => {
  const { pool, pids, live } = makePool({ idleSeconds: 0.1, isOnly: true })
  await pool.ask('1', 'old', ['x'])
  const replies = await Promise.all([pool.ask('1', 'new', ['x']), pool.ask('1', 'new', ['x'])])
  assert.deepEqual(replies[0], replies[1])
  assert.equal(pids.size, 2)
  await until('the end of all', () => live() === 0)
})

test('a stopped process counts until it is killed, some seconds after it was asked to end', async () => {
  const { pool, pids, live } = makePool({ max: 1, idleSeconds: 0.1, isOnly: true, patienceSeconds: 0.5 })
  const reply = await pool.ask('1', 'i', ['x'])
  process.kill(Number(Array.isArray(reply) && reply[0]), 'SIGSTOP')
  const stuck = pool.ask('1', 'i', ['x'])
  const fresh = pool.ask('1', 'changed', ['x']) // retires it
  assert.equal(await stuck, 'crashed')
  assert.ok(Array.isArray(await fresh))
  assert.equal(pids.size, 2)
  await until('the end of all', () => live() === 0)
})

/** A resident that says this beside answers, then copies what it is told. */
const saying = (words: string, hear: (fields: string[], say: (fields: string[]) => void) => void) => {
  const child = spawn('/bin/sh', ['-c', `printf '%s' '${words}' | tr _ '\\0'; exec cat >&2`], { stdio: ['pipe', 'pipe', 'pipe'] })
  let told = ''
  child.stderr.on('data', (data) => {
    told += String(data)
  })
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)))
  return { resident: new Resident(child, () => {}, hear), told: () => told, ended }
}

test('what a resident says beside answers is heard, and answered with an empty message behind it', async () => {
  const { resident, told, ended } = saying('7:_sync_1,', (fields, say) => say(['synced', ...fields]))
  await until('the answer', () => told() === '14:\0synced\0sync\x001,0:,')
  resident.retire()
  assert.equal(await ended, 0)
})

test('a resident that says what it may not is killed', async () => {
  const { ended } = saying('7:_sync_1,', () => {
    throw new Error('not the protocol')
  })
  assert.equal(await ended, 'SIGKILL')
})
