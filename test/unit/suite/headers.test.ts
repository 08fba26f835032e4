import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { programRows } from '../../../src/suite/programs.ts'

const bin = join(import.meta.dirname, '../../../bin')

test('every program begins with its manual: NAME, RUNS AS, FDS, ENV, EXIT, FILES, in this order', () => {
  for (const [name, { exits }] of programRows) {
    const head = readFileSync(join(bin, `${name}.ts`), 'latin1').split(' */\n', 1)[0] ?? ''
    const fields = [...head.matchAll(/^ \* ([A-Z]+(?: AS)?) {2,}\S/gm)].map((m) => m[1])
    assert.deepEqual(fields, ['NAME', 'RUNS AS', 'FDS', 'ENV', 'EXIT', 'FILES'], name)
    assert.ok(head.startsWith(`/**\n * NAME     ${name}`), name)
    const exit = /^ \* EXIT +([\s\S]*?)^ \* FILES/m.exec(head)?.[1] ?? ''
    for (const code of Object.keys(exits)) assert.match(exit, new RegExp(`\\b${code}\\b`), `${name} ends with ${code} too`)
  }
})
