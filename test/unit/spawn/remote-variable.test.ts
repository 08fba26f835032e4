import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { notesForRemote, remoteVariable } from '../../../src/spawn/remote-variable.ts'

const ARGS = ['far.example', 's@s.example', 'a@far.example', 'b@far.example']
const seal = createHash('sha256').update('far.example\0s@s.example\0a@far.example\0b@far.example\0').digest('hex').slice(0, 16)

test("qmail-remote's variable counts recipients by their argument, and is sealed over all arguments", () => {
  const variable = remoteVariable(ARGS, 'v=1 ret=H envid=E r=0,n=N r=1,n=SF,o=rfc822;x@y')
  assert.equal(variable, `e=${seal} v=1 ret=H envid=E r=3,n=N r=4,n=SF,o=rfc822;x@y`)
  assert.deepEqual(notesForRemote(variable ?? '', ARGS), {
    items: ['v=1', 'ret=H', 'envid=E'],
    recipients: new Map([
      [0, { notify: 'N', orcpt: undefined }],
      [1, { notify: 'SF', orcpt: 'rfc822;x@y' }]
    ])
  })
})

test('notes for other arguments, on none of the recipients, or without sense do not count at all', () => {
  for (const text of [
    `e=${seal} v=1 r=5,n=N`,
    `e=${seal} v=1 r=2,n=N`,
    `e=${seal} v=1 r=3,n=N r=3,n=F`,
    `e=${seal} `,
    `e=${seal}`,
    `${seal} v=1`,
    'e=0000000000000000 v=1 tls',
    ''
  ])
    assert.equal(notesForRemote(text, ARGS), undefined, text)
  const variable = remoteVariable(ARGS, 'v=1 tls') ?? ''
  assert.ok(notesForRemote(variable, ARGS))
  assert.equal(notesForRemote(variable, ARGS.slice(0, -1)), undefined)
  assert.equal(notesForRemote(variable, ['other.example', ...ARGS.slice(1)]), undefined)
  assert.equal(remoteVariable(ARGS, 'v=1 r=x'), undefined)
})
