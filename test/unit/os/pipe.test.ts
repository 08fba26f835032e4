import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, fstatSync, openSync, readFileSync, readlinkSync, writeSync } from 'node:fs'
import { test } from 'node:test'
import { makePipes, pipeScript } from '../../../src/os/pipe.ts'

test('pipes: what is written on one end is read at the other, and then the end, opened again too', async () => {
  const pipes = await makePipes(3)
  assert.equal(new Set(pipes.map(({ read }) => readlinkSync(`/proc/self/fd/${read}`))).size, 3)
  for (const [n, { read, write }] of pipes.entries()) {
    assert.equal(fstatSync(read).isFIFO(), true)
    assert.match(readlinkSync(`/proc/self/fd/${read}`), /^pipe:/)
    writeSync(write, `text ${n}`)
    closeSync(write)
    assert.equal(readFileSync(`/proc/self/fd/${read}`, 'latin1'), `text ${n}`)
    assert.equal(readFileSync(`/proc/self/fd/${read}`, 'latin1'), '')
    closeSync(read)
  }
})

test('a shell that has files for here-documents makes pipes, too', async () => {
  const child = spawn('bash', ['--norc', '-c', pipeScript(2)], { stdio: ['pipe', 'pipe', 'inherit'], env: { PATH: '/usr/bin:/bin', BASH_COMPAT: '50' } })
  const [pid] = await once(child.stdout, 'data')
  assert.notEqual(Number(pid), child.pid, 'it had to go the other way')
  const ends = [3, 4].map((fd) => readlinkSync(`/proc/${Number(pid)}/fd/${fd}`))
  assert.equal(ends.filter((end) => end.startsWith('pipe:')).length, 2)
  assert.notEqual(ends[0], ends[1])
  closeSync(openSync(`/proc/${Number(pid)}/fd/3`, 'w'))
  child.stdin.end()
  assert.equal((await once(child, 'exit'))[1], null, 'it ends with its input')
})
