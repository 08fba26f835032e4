import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fsPath } from '../../../src/core/bytes.ts'
import { Temporary } from '../../../src/core/failure.ts'
import { namesIfThere, readIfThere, readNamedIfThere } from '../../../src/core/if-there.ts'

const folder = mkdtempSync(join(tmpdir(), 'if-there-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const file = join(folder, 'file')
writeFileSync(file, Buffer.from([0x61, 0x00, 0x80, 0xc3, 0xa9, 0xff, 0x0a]))
writeFileSync(join(folder, 'empty'), '')
writeFileSync(fsPath(`${folder}/\xff`), 'an odd name')
mkdirSync(join(folder, 'folder'))

const byName = (path: string | Buffer): string | undefined => readNamedIfThere(path, 'control/x')

test('a text is its bytes, one a character', () => {
  for (const read of [readIfThere, byName]) {
    assert.equal(read(file), 'a\0\x80\xc3\xa9\xff\n')
    assert.equal(read(join(folder, 'empty')), '')
    assert.equal(read(fsPath(`${folder}/\xff`)), 'an odd name')
  }
})

test('a missing file is undefined, in a missing folder too', () => {
  for (const read of [readIfThere, byName]) {
    assert.equal(read(join(folder, 'none')), undefined)
    assert.equal(read(join(folder, 'none', 'none')), undefined)
  }
})

test('a folder in the place of the file, or a file in that of its folder, is a system error', () => {
  assert.throws(() => readIfThere(join(folder, 'folder')), { code: 'EISDIR' })
  assert.throws(() => readIfThere(join(file, 'none')), { code: 'ENOTDIR' })
})

test('with a name it is a temporary failure that says it, and keeps the cause', () => {
  for (const [path, code, why] of [
    [join(folder, 'folder'), 'EISDIR', 'is a directory'],
    [join(file, 'none'), 'ENOTDIR', 'not a directory']
  ] as const)
    assert.throws(
      () => byName(path),
      (error: unknown) =>
        error instanceof Temporary && error.message === `unable to read control/x: ${why}` && (error.cause as NodeJS.ErrnoException).code === code
    )
})

test('names: none in a missing folder, and a file is no folder', () => {
  assert.deepEqual(namesIfThere(join(folder, 'folder')), [])
  assert.deepEqual(namesIfThere(join(folder, 'none')), [])
  assert.equal(namesIfThere(folder).includes('empty'), true)
  assert.throws(() => namesIfThere(file), { code: 'ENOTDIR' })
})
