import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, test } from 'node:test'
import { build } from 'esbuild'
import { suiteUser } from '../../../src/os/ids.ts'
import { isRoot, makeHome } from '../../helpers/home.ts'
import { queued, queueFiles } from '../../helpers/queue-files.ts'

const home = makeHome()
const alone = makeHome('self')
const needsRoot = isRoot ? false : 'needs root: runs as other users'
const OTHER = { uid: 64_250, gid: 64_250 }

/** A program that submits as the suite's do, bundled like them: prints the result, and the modules it had to load. */
const program = home.at('lib', 'submit-one.js')
await build({
  stdin: {
    contents: `import { submit } from './submit.ts'
      const env = process.env.QMAILQUEUE === undefined ? { PATH: process.env.PATH } : { PATH: process.env.PATH, QMAILQUEUE: process.env.QMAILQUEUE }
      submit({ home: process.argv[2], env }).then(async (s) => {
        await s.write(Buffer.from('Subject: x\\n\\nhi\\n'))
        if (process.argv[3] === 'abort') return s.abort()
        const r = await s.finish(process.argv[3] ?? 'a@b', ['c@d'])
        console.log(JSON.stringify({ ...r, same: r.qp === s.qp, modules: process.moduleLoadList.filter((m) => / (child_process|net|stream|crypto|os)$/.test(m)) }))
      })`,
    resolveDir: join(import.meta.dirname, '../../../src/submit')
  },
  outfile: program,
  bundle: true,
  platform: 'node',
  format: 'cjs'
})

const submitFrom = (where: { path: string }, options: { args?: string[]; env?: Record<string, string>; uid?: number; gid?: number } = {}) => {
  const { args = [], env = {}, ...ids } = options
  const r = spawnSync(home.at('lib', 'node'), [program, where.path, ...args], { env: { PATH: '/usr/bin:/bin', ...env }, cwd: '/', ...ids })
  assert.equal(r.stderr.toString(), '')
  const text = r.stdout.toString()
  return text === '' ? undefined : (JSON.parse(text) as { code: number; qp: number; same: boolean; modules: string[] })
}
const drops = (): string[] => readdirSync(home.at('drop')).filter((name) => name !== 'trigger')

beforeEach(() => {
  for (const where of [home, alone]) for (const file of queueFiles(where)) rmSync(where.at('queue', file))
  for (const name of drops()) rmSync(home.at('drop', name))
})

test('an ordinary caller goes through the drop folder, within its process, loading neither child_process nor net', { skip: needsRoot }, () => {
  const r = submitFrom(home, OTHER)
  assert.equal(r?.code, 0)
  assert.equal(r?.same, true, 'qp is known beforehand')
  assert.deepEqual(
    r?.modules.filter((m) => / (child_process|net)$/.test(m)),
    []
  )
  const [name] = drops()
  assert.match(readFileSync(home.at('drop', name ?? ''), 'latin1'), new RegExp(`^Subject: x\\n\\nhi\\nFa@b\\0Tc@d\\0\\0qmail-drop 1 15 11 ${r?.qp} `))
})

test('in a one-user installation the queue is written within the process', () => {
  const r = submitFrom(alone)
  assert.equal(r?.code, 0)
  const [m] = queued(alone)
  assert.match(m?.message ?? '', new RegExp(`^Received: \\(qmail ${r?.qp} invoked by uid \\d+\\)`))
  assert.deepEqual(
    r?.modules.filter((module) => / (child_process|net)$/.test(module)),
    []
  )
})

test('qmailq writes the queue within its process', { skip: needsRoot }, () => {
  const { uid, gid } = suiteUser(home.path, 'qmailq')
  assert.equal(submitFrom(home, { uid, gid })?.code, 0)
  assert.equal(queued(home).length, 1)
})

test('root runs bin/qmail-queue, which becomes qmailq', { skip: needsRoot }, () => {
  assert.equal(submitFrom(home)?.code, 0)
  assert.match(queued(home)[0]?.message ?? '', /invoked by uid 0\)/)
})

test('$QMAILQUEUE is run, whoever asks', () => {
  writeFileSync(home.at('lib', 'refuse'), '#!/bin/sh\nexit 31\n')
  chmodSync(home.at('lib', 'refuse'), 0o755)
  assert.equal(submitFrom(home, { env: { QMAILQUEUE: home.at('lib', 'refuse') }, ...(isRoot ? OTHER : {}) })?.code, 31)
})

test('a wrapper in the place of bin/qmail-queue is run, whoever asks', () => {
  renameSync(home.at('bin/qmail-queue'), home.at('bin/qmail-queue.real'))
  try {
    writeFileSync(home.at('bin/qmail-queue'), '#!/bin/sh\nexit 32\n')
    chmodSync(home.at('bin/qmail-queue'), 0o755)
    assert.equal(submitFrom(home, isRoot ? OTHER : {})?.code, 32)
  } finally {
    renameSync(home.at('bin/qmail-queue.real'), home.at('bin/qmail-queue'))
  }
})

test('an address that is too long, or an abort, leaves nothing behind', () => {
  for (const where of [home, alone]) {
    const as = where === home && isRoot ? OTHER : {}
    assert.equal(submitFrom(where, { args: ['s'.repeat(1003)], ...as })?.code, 11)
    assert.equal(submitFrom(where, { args: ['abort'], ...as }), undefined)
    assert.deepEqual(queueFiles(where), [])
  }
  assert.deepEqual(drops(), [])
})

test('a drop folder that cannot be written gives 63', { skip: needsRoot }, () => {
  chmodSync(home.at('drop'), 0o700)
  try {
    assert.equal(submitFrom(home, OTHER)?.code, 63)
  } finally {
    chmodSync(home.at('drop'), 0o3733)
  }
})
