import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { readAliases } from '../../../../src/admin/migrate/aliases.ts'
import { eximHost } from '../../../../src/admin/migrate/exim.ts'
import { nothingFound } from '../../../../src/admin/migrate/found.ts'
import { deliveryOf } from '../../../../src/admin/migrate/items.ts'
import { MainCf } from '../../../../src/admin/migrate/main-cf.ts'
import { macrosOf } from '../../../../src/admin/migrate/sendmail.ts'
import { Source } from '../../../../src/admin/migrate/source.ts'

const root = mkdtempSync(join(tmpdir(), 'qm-'))
after(() => rmSync(root, { recursive: true, force: true }))
const source = new Source(root)
const lay = (path: string, text: string): void => {
  mkdirSync(join(root, dirname(path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
const fresh = () => nothingFound('mail.example.org')

test('main.cf: lines that go on, settings in settings, lists with files, tables and exceptions', () => {
  lay(
    'etc/postfix/main.cf',
    '# c\nmyhostname = a.example.net\nmydestination = $myhostname\n  $(mydomain), /etc/more\n# c\n  hash:/etc/table !no.example\nmynetworks = 10.0.0.0/8 [::1]/128\n'
  )
  lay('etc/more', 'more.example\n# no\n')
  lay('etc/table', 'Key.example  x\n  goes on\n')
  const remarks: string[] = []
  const cf = new MainCf(source, 'given.example.org', (text) => void remarks.push(text))
  assert.deepEqual(cf.list('mydestination'), ['a.example.net', 'example.net', 'more.example', 'key.example'])
  assert.deepEqual(cf.list('mynetworks'), ['10.0.0.0/8', '[::1]/128'])
  assert.deepEqual(cf.tableOf('x', 'proxy:hash:/etc/table'), [['key.example', 'x goes on']])
  assert.deepEqual(cf.tableOf('x', 'regexp:/etc/re'), [])
  assert.equal(remarks.length, 2)
})

test('items of aliases: names, comments, programs, files, lists', () => {
  const found = fresh()
  assert.deepEqual(deliveryOf(source, found, 'joe, "Ann, B" <ann@far.example>, bob (Bob), \\sue', 'x'), [
    '&joe@mail.example.org',
    '&ann@far.example',
    '&bob@mail.example.org',
    '&sue@mail.example.org'
  ])
  assert.deepEqual(deliveryOf(source, found, `"|/bin/x -a 'b'"`, 'x'), [`|preline sh -c '/bin/x -a '\\''b'\\'''`])
  assert.deepEqual(deliveryOf(source, found, '/dev/null, /var/mail/x', 'x'), ['# nowhere', '/var/mail/x'])
  lay('etc/list', 'a@b.example\n:include:/etc/list\n')
  assert.equal(deliveryOf(source, found, ':include:/etc/list', 'x').filter((line) => line !== '&a@b.example').length, 0, 'a list that names itself ends')
  assert.deepEqual(deliveryOf(source, found, ':include:/etc/none, a b', 'x'), [])
})

test('aliases of accounts are named, not made; owners of lists are found by both names', () => {
  lay('etc/passwd', 'joe:x:1000:1000::/home/joe:/bin/sh\n')
  lay('etc/aliases', 'Joe: far@x.example\njoe-list: far@x.example\nowner-news: ann\n"odd name": ann\nslash/ed: ann\nbroken\n')
  const found = fresh()
  readAliases(source, found, '/etc/aliases')
  assert.deepEqual([...found.aliases.keys()], ['owner-news', 'news-owner', 'odd name'])
  assert.equal(found.remarks.length, 4, found.remarks.join('\n'))
})

test("hosts as Debian's Exim writes them", () => {
  for (const [given, want] of [
    ['host.example', 'host.example'],
    ['host.example::587', 'host.example:587'],
    ['[192.0.2.4]::587', '192.0.2.4:587'],
    ['2001::0db8::f::4::::2', '[2001:0db8:f:4::2]'],
    ['[2001::0db8::f::4::::2]::587', '[2001:0db8:f:4::2]:587']
  ])
    assert.equal(eximHost(given as string), want)
})

test('macros of a .mc file, without what is commented out', () => {
  const text =
    "divert(-1)\nFEATURE(`no')\ndivert(0)dnl\ndnl FEATURE(`neither')\nFEATURE(`access_db', , `skip')dnl\ndefine(`SMART_HOST', `relay:[x.example]')dnl\nMASQUERADE_AS(`example.org')\n"
  assert.deepEqual(macrosOf(text), [
    { name: 'FEATURE', args: ['access_db', '', 'skip'] },
    { name: 'define', args: ['SMART_HOST', 'relay:[x.example]'] },
    { name: 'MASQUERADE_AS', args: ['example.org'] }
  ])
})
