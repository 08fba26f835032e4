import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { bunFile, packagedBun } from '../../tools/bun.ts'
import { withTextAligned, writeRuntime } from '../../tools/runtime-file.ts'

const below = mkdtempSync(join(tmpdir(), 'qm-runtime-'))
after(() => rmSync(below, { recursive: true }))

const PIECE_BYTES = 2 << 20

/** Where the text lies in the file and in memory, as readelf has it. */
const textOf = (path: string): { offset: number; address: number } => {
  const r = spawnSync('readelf', ['-lW', path], { encoding: 'utf8' })
  const [, offset = '', address = ''] = /^ *LOAD +(\S+) (\S+) .* R E /m.exec(r.stdout) ?? []
  return { offset: Number(offset), address: Number(address) }
}

const bun = packagedBun()
const isBunMissing = bun === undefined ? 'no Bun for this machine' : false
const isReadelfMissing = spawnSync('readelf', ['--version']).status === 0 ? false : 'needs readelf (Debian: binutils)'

test('the text of lib/bun lies where the kernel can map it in large pieces', { skip: isBunMissing || isReadelfMissing }, () => {
  const { offset, address } = textOf(bunFile)
  assert.ok(offset > 0)
  assert.equal(offset % PIECE_BYTES, address % PIECE_BYTES)
})

test('its sections are where its header says', { skip: isBunMissing || isReadelfMissing }, () => {
  const dump = (path: string): string => spawnSync('readelf', ['-p', '.comment', path], { encoding: 'utf8' }).stdout.replace(/.*\n/, '')
  assert.match(dump(bunFile), /GCC|clang/)
  assert.equal(dump(bunFile), dump(bun ?? ''))
})

test('a program whose text was moved says what it said before; one that needs no move stays as it is', { skip: isBunMissing }, () => {
  const node = readFileSync(process.execPath)
  assert.equal(withTextAligned(node), node)
  const moved = join(below, 'bun')
  writeRuntime(moved, withTextAligned(readFileSync(bun ?? '')))
  const r = spawnSync(moved, ['-e', 'console.log([1, 2].map((n) => n * 2))'], { encoding: 'utf8' })
  assert.equal(r.stdout, '[ 2, 4 ]\n', r.stderr)
})

test('what is no program stays as it is; whoever installs with a strict umask lays a runtime that all can run', () => {
  const text = Buffer.from('#!/bin/sh\nexit 7\n')
  assert.equal(withTextAligned(text), text)
  const before = process.umask(0o077)
  const path = join(below, 'script')
  writeRuntime(path, text)
  process.umask(before)
  assert.equal(statSync(path).mode & 0o777, 0o755)
  assert.equal(spawnSync(path).status, 7)
})
