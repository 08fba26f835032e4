import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Temporary } from '../../../src/core/failure.ts'
import { ownList } from '../../../src/inject/own-list.ts'

test('the list of a file in the current folder; none without a name, without the file, or when the folder is gone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'own-list-'))
  const before = process.cwd()
  process.chdir(folder)
  try {
    writeFileSync('list', 'A@b \n# no\n\nc\n')
    mkdirSync('folder')
    assert.deepEqual(ownList('list'), ['A@b', 'c'])
    for (const name of [undefined, '', 'none']) assert.equal(ownList(name), undefined)
    assert.throws(() => ownList('folder'), new Temporary('unable to read folder: is a directory'))
    rmSync(folder, { recursive: true })
    assert.equal(ownList('list'), undefined)
  } finally {
    process.chdir(before)
    rmSync(folder, { recursive: true, force: true })
  }
})
