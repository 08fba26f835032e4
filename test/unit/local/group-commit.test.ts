import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { GroupCommit } from '../../../src/local/group-commit.ts'
import { ParentSyncs, Syncs } from '../../../src/local/syncs.ts'
import { SYNC_WORDS } from '../../../src/spawn/local-wire.ts'

const top = mkdtempSync(join(tmpdir(), 'qmgc-'))
after(() => rmSync(top, { recursive: true, force: true }))
mkdirSync(join(top, 'tmp'))
mkdirSync(join(top, 'new'))

const candidate = (name: string, folder = 'new') => {
  const from = join(top, 'tmp', name)
  const fd = openSync(from, 'wx')
  writeSync(fd, name)
  return { fd, from, to: join(top, folder, name), folder: join(top, folder) }
}

test('many files at once all get their names, in rounds', async () => {
  const group = new GroupCommit()
  const names = Array.from({ length: 25 }, (_, n) => `many${n}`)
  const first = names.slice(0, 10).map((name) => group.commit(candidate(name)))
  await first[0]
  await Promise.all([...first, ...names.slice(10).map((name) => group.commit(candidate(name)))])
  for (const name of names) assert.equal(readFileSync(join(top, 'new', name), 'latin1'), name)
})

test('a file never replaces another, and its failure is its own', async () => {
  const group = new GroupCommit()
  writeFileSync(join(top, 'new', 'taken'), 'old')
  const results = await Promise.allSettled([group.commit(candidate('taken')), group.commit(candidate('free')), group.commit(candidate('lost', 'absent'))])
  assert.deepEqual(
    results.map((r) => r.status),
    ['rejected', 'fulfilled', 'rejected']
  )
  assert.equal(readFileSync(join(top, 'new', 'taken'), 'latin1'), 'old')
  assert.ok(existsSync(join(top, 'new', 'free')))
})

test('it goes on after a round that failed', async () => {
  const group = new GroupCommit()
  await assert.rejects(group.commit(candidate('fails', 'absent')))
  await group.commit(candidate('later'))
  assert.ok(existsSync(join(top, 'new', 'later')))
})

test('where syncfs cannot be used, many files at once are synced one by one', async () => {
  mkdirSync(join(top, 'odd\nname'))
  const group = new GroupCommit()
  const names = Array.from({ length: 12 }, (_, n) => `odd${n}`)
  await Promise.all(names.map((name) => group.commit(candidate(name, 'odd\nname'))))
  for (const name of names) assert.equal(readFileSync(join(top, 'odd\nname', name), 'latin1'), name)
})

test('a failure in a round is its own', async () => {
  const group = new GroupCommit()
  writeFileSync(join(top, 'new', 'round3'), 'old')
  const names = Array.from({ length: 8 }, (_, n) => `round${n}`)
  const results = await Promise.allSettled(names.map((name) => group.commit(candidate(name))))
  assert.deepEqual(
    results.map((r) => r.status === 'fulfilled'),
    names.map((name) => name !== 'round3')
  )
})

/** A parent that answers what it is asked, at once; what it was asked, and whether the file had its name then. */
const withParent = (file: string, answer: string) => {
  const parent = new ParentSyncs()
  const asked: [string[], boolean][] = []
  parent.aside.say = (fields) => {
    asked.push([fields, existsSync(join(top, 'new', file))])
    queueMicrotask(() => parent.aside.hear([answer]))
  }
  return { parent, asked, group: new GroupCommit(new Syncs(parent)) }
}

test('one file with company elsewhere: it has its name after one round of the parent’s, and is reported after the next', async () => {
  const { asked, group } = withParent('shared', SYNC_WORDS.done)
  await group.commit({ ...candidate('shared'), hasCompany: true })
  const device = String(statSync(top).dev)
  assert.deepEqual(asked, [
    [[SYNC_WORDS.ask, device], false],
    [[SYNC_WORDS.ask, device], true]
  ])
})

test('one file without company asks for no round', async () => {
  const { asked, group } = withParent('alone', SYNC_WORDS.done)
  await group.commit(candidate('alone'))
  assert.deepEqual(asked, [])
  assert.ok(existsSync(join(top, 'new', 'alone')))
})

test('where the parent’s round fails, files are synced one by one, and it is not asked again for a while', async () => {
  const { asked, group } = withParent('failed0', SYNC_WORDS.failed)
  for (const name of ['failed0', 'failed1']) await group.commit({ ...candidate(name), hasCompany: true })
  assert.equal(asked.length, 1)
  for (const name of ['failed0', 'failed1']) assert.equal(readFileSync(join(top, 'new', name), 'latin1'), name)
})

test('a parent that takes no more words, before or while it is asked, holds nothing up', async () => {
  const parent = new ParentSyncs()
  const group = new GroupCommit(new Syncs(parent))
  parent.aside.say = () => queueMicrotask(() => parent.aside.over())
  for (const name of ['over0', 'over1']) await group.commit({ ...candidate(name), hasCompany: true })
  for (const name of ['over0', 'over1']) assert.equal(readFileSync(join(top, 'new', name), 'latin1'), name)
  assert.equal(parent.isUsable, false)
})
