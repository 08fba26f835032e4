import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { roundsProgram, SyncHelper } from '../../../src/os/sync-helper.ts'
import { withoutStrace } from '../../helpers/strace.ts'
import { isGone, until } from '../../helpers/wait.ts'

const folder = mkdtempSync(join(tmpdir(), 'sync-'))
after(() => rmSync(folder, { recursive: true }))

const WAYS = [
  ['Perl', roundsProgram(), existsSync('/usr/bin/perl') ? false : 'there is no Perl'],
  ['coreutils', roundsProgram('one whose number is not known'), false]
] as const

for (const [name, program, skip] of WAYS) {
  test(`${name}: a round is done, round after round; one of a folder that is not there is not, and then none is asked for`, { skip }, async () => {
    const helper = new SyncHelper(undefined, program)
    for (let round = 0; round < 3; round++) {
      assert.equal(helper.isUsable, true)
      assert.equal(await helper.sync(folder), true)
    }
    assert.equal(await helper.sync(join(folder, 'none')), false)
    assert.equal(helper.isUsable, false)
    helper.end()
  })

  test(`${name}: what is synced is the file system of the folder`, { skip: skip || withoutStrace }, async () => {
    const file = join(folder, `strace-${name}`)
    const helper = new SyncHelper(undefined, `exec strace -f -y -e trace=syncfs -o ${file} /bin/sh -c '${program.replaceAll("'", `'\\''`)}'`)
    assert.equal(await helper.sync(folder), true)
    helper.end()
    await until('strace to have told it', () => readFileSync(file, 'latin1').includes('exited'))
    assert.deepEqual(
      readFileSync(file, 'latin1')
        .match(/syncfs\(.*/g)
        ?.map((line) => line.replace(/^syncfs\(\d+/, '').replace(/ +/g, ' ')),
      [`<${folder}>) = 0`]
    )
  })
}

test('names with a newline are not asked for, and a helper that ends is no success', async () => {
  const helper = new SyncHelper(undefined, 'read -r file')
  assert.equal(await helper.sync(`${folder}\n/`), false)
  assert.equal(helper.isUsable, true)
  assert.equal(await helper.sync(folder), false)
})

test('a helper without rounds for a while ends, and the next round has another', async () => {
  const pids = join(folder, 'pids')
  const helper = new SyncHelper(undefined, `echo $$ >> ${pids}; ${roundsProgram()}`, 20)
  const pid = (n: number): number => Number(readFileSync(pids, 'latin1').split('\n')[n])
  for (const n of [0, 1]) {
    assert.equal(await helper.sync(folder), true)
    await until('its end', () => isGone(pid(n)))
  }
  assert.equal(helper.isUsable, true)
  assert.notEqual(pid(0), pid(1))
})
