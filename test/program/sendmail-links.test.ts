import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

// make sendmail, and what make uninstall does about it, on a machine of the test's own (--root).

const links = (...args: string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, '..', '..', 'tools', 'sendmail-links.ts'), ...args], { encoding: 'utf8' })

/** A machine: Postfix's sendmail and mailq, no newaliases, and an installation in /q. */
const machine = (isDebian: boolean): { root: string; home: string; at: (path: string) => string } => {
  const root = mkdtempSync(join(tmpdir(), 'qmroot-'))
  after(() => rmSync(root, { recursive: true, force: true }))
  const at = (path: string): string => join(root, path)
  for (const folder of ['usr/sbin', 'usr/bin', 'usr/lib', 'q/bin', ...(isDebian ? ['var/lib/dpkg/updates', 'var/lib/dpkg/info'] : [])])
    mkdirSync(at(folder), { recursive: true })
  if (isDebian) for (const file of ['status', 'diversions']) writeFileSync(at(`var/lib/dpkg/${file}`), '')
  writeFileSync(at('usr/sbin/sendmail'), 'Postfix')
  symlinkSync('../sbin/sendmail', at('usr/lib/sendmail'))
  writeFileSync(at('usr/bin/mailq'), 'Postfix mailq')
  writeFileSync(at('q/bin/sendmail'), 'ours')
  return { root, home: at('q'), at }
}
const noDivert = process.getuid?.() !== 0 ? 'dpkg-divert takes root' : spawnSync('dpkg-divert', ['--version']).status === 0 ? false : 'no dpkg-divert here'

for (const [kind, isDebian, suffix, skip] of [
  ['with dpkg-divert', true, 'distrib', noDivert],
  ['without dpkg', false, 'before-qmail', false]
] as const) {
  test(`another MTA's sendmail is kept, and put back, ${kind}`, { skip }, () => {
    const { root, home, at } = machine(isDebian)
    const laid = links('lay', '--root', root, home)
    assert.deepEqual([laid.status, laid.stderr], [0, ''])
    assert.match(laid.stdout, new RegExp(`^/usr/sbin/sendmail is ${home}/bin/sendmail now; what was there is /usr/sbin/sendmail\\.${suffix}$`, 'm'))
    assert.equal(readFileSync(at('usr/sbin/sendmail'), 'utf8'), 'ours')
    assert.equal(readFileSync(at('usr/lib/sendmail'), 'utf8'), 'ours', 'it is a link to the other')
    assert.equal(readFileSync(at(`usr/sbin/sendmail.${suffix}`), 'utf8'), 'Postfix')
    assert.equal(readlinkSync(at('usr/bin/newaliases')), join(home, 'bin', 'newaliases'))
    if (isDebian) assert.match(readFileSync(at('var/lib/dpkg/diversions'), 'utf8'), /^\/usr\/bin\/newaliases$/m, 'a package that comes later goes past ours')

    assert.match(links('lay', '--root', root, home).stdout, /^\/usr\/sbin\/sendmail is ours already$/m)
    assert.equal(links('remove', '--root', root, join(root, 'another')).stdout, '', 'links to another installation stay')

    const removed = links('remove', '--root', root, home)
    assert.deepEqual([removed.status, removed.stderr], [0, ''])
    assert.equal(readFileSync(at('usr/sbin/sendmail'), 'utf8'), 'Postfix')
    assert.equal(readFileSync(at('usr/bin/mailq'), 'utf8'), 'Postfix mailq')
    assert.equal(lstatSync(at('usr/bin/newaliases'), { throwIfNoEntry: false }), undefined)
    assert.equal(existsSync(at(`usr/sbin/sendmail.${suffix}`)), false)
    if (isDebian) assert.equal(readFileSync(at('var/lib/dpkg/diversions'), 'utf8'), '')
  })
}

test('a link made by hand is taken away, what others put in its place stays, and nothing is overwritten', () => {
  const { root, home, at } = machine(false)
  rmSync(at('usr/bin/mailq'))
  symlinkSync(join(home, 'bin', 'mailq'), at('usr/bin/mailq'))
  const removed = links('remove', '--root', root, home)
  assert.deepEqual([removed.status, removed.stdout], [0, '/usr/bin/mailq is gone\n'])
  assert.equal(readFileSync(at('usr/sbin/sendmail'), 'utf8'), 'Postfix')
  writeFileSync(at('usr/sbin/sendmail.before-qmail'), 'older')
  const laid = links('lay', '--root', root, home)
  assert.deepEqual([laid.status, laid.stderr], [1, 'sendmail-links: /usr/sbin/sendmail.before-qmail is there already: look at it\n'])
  assert.equal(readFileSync(at('usr/sbin/sendmail'), 'utf8'), 'Postfix')
})

test('it says what is wrong', () => {
  const { root } = machine(false)
  assert.match(links('lay', '--root', root, join(root, 'nowhere')).stderr, /^sendmail-links: nothing is installed in .*: make install first\n$/)
  assert.match(links('show').stderr, /^sendmail-links: usage: /)
})
