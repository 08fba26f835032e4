import assert from 'node:assert/strict'
import fs, { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { replay } from '../../../../src/log/replay.ts'
import { CommitLog } from '../../../../src/queued/log/commit-log.ts'
import { Numbers } from '../../../../src/queued/log/numbers.ts'
import { SEGMENTS, Segments } from '../../../../src/queued/log/segments.ts'
import { PATIENT, until } from '../../../helpers/wait.ts'

/** A commit log of its own, begun; `lines`: what it says; `left`: the messages a start now would find in it. */
const begun = async (t: TestContext) => {
  const root = mkdtempSync(join(tmpdir(), 'commit-log-'))
  t.after(() => rmSync(root, { recursive: true }))
  mkdirSync(join(root, 'log'))
  const lines: string[] = []
  const log = (line: string): void => void lines.push(line)
  const segments = new Segments(join(root, 'log'))
  t.after(() => segments.close())
  const commits = new CommitLog({ segments, numbers: new Numbers(`${root}/`, log), lastEpoch: 0, committed: () => {}, log })
  await commits.start()
  const left = (): number[] => {
    const { undone } = replay(new Map(readdirSync(join(root, 'log')).map((name) => [name, readFileSync(join(root, 'log', name))])))
    return undone.map(({ number }) => number)
  }
  return { commits, lines, left }
}

/** The next `times` of fdatasync fail, as a disk does. */
const breakSync = (t: TestContext, times: number): void => {
  const fdatasync = fs.fdatasync
  let left = times
  t.mock.method(fs, 'fdatasync', (fd: number, done: (error: Error | null) => void) => {
    if (left-- > 0) setImmediate(done, Object.assign(new Error('input/output error'), { code: 'EIO' }))
    else fdatasync(fd, done)
  })
  t.after(syncBuiltinESMExports)
  syncBuiltinESMExports()
}

const message = (number: number) => ({ number, envelope: Buffer.from('u1\0p2\0Fa@b\0Tc@d\0'), message: [Buffer.from('Subject: x\n\n')], messageBytes: 12 })

// once the only segment there is; then more often than there are segments
for (const times of [1, SEGMENTS + 2]) {
  test(`what has left the log is noted in it all the same when its disk failed ${times} times`, PATIENT, async (t) => {
    const { commits, lines, left } = await begun(t)
    assert.ok(await commits.append(message(7)))
    assert.ok(await commits.append(message(8)))
    breakSync(t, times)
    let isSettled = false
    void commits.settle(7).then(() => {
      isSettled = true
    })
    await until('the word that it is elsewhere to be durable', () => isSettled)
    assert.deepEqual(left(), [8])
    assert.equal(lines.filter((line) => /unable to write queue\/log\/\d: input\/output error/.test(line)).length, times)
    assert.equal((await commits.append(message(9)))?.number, 9, 'and there is room for more')
    commits.done(8)
    await commits.end()
    assert.deepEqual(left(), [9])
  })
}
