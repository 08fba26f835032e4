import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Temporary } from '../../../src/core/failure.ts'
import { hashPassword, isScrypt, verifyPassword } from '../../../src/users/password.ts'
import { parseVirtual, virtualIn, virtualLine } from '../../../src/users/virtual-file.ts'
import { instructionsOf } from '../../../src/users/virtual-records.ts'

test('a line is a mailbox, and reads as it was written', () => {
  const text = 'joe@ex.org:$scrypt$x:50M:\nann.b+c@sub.ex.org::10000000S,500C:a@b.c,ann.b+c@sub.ex.org\n'
  const users = parseVirtual(`# ours\n\n${text}`)
  assert.deepEqual(users[1], { box: 'ann.b+c', domain: 'sub.ex.org', hash: '', quota: '10000000S,500C', forward: ['a@b.c', 'ann.b+c@sub.ex.org'] })
  assert.equal(users.map(virtualLine).join(''), text)
})

test('a wrong line is named; a box can name no other folder', () => {
  for (const [line, why] of [
    ['joe@ex.org', 'it is not box@domain:hash:quota:forward'],
    ['joe:::', 'it is not box@domain:hash:quota:forward'],
    ['joe@ex.org::::', 'it is not box@domain:hash:quota:forward'],
    ['../x@ex.org:::', 'the box is no name'],
    ['a/b@ex.org:::', 'the box is no name'],
    ['a@../x:::', 'the domain is no domain'],
    ['@ex.org:::', 'the box is no name'],
    ['joe@ex.org::lots:', 'the quota is none: 50M, 1G, 1000000S,500C'],
    ['joe@ex.org:::|rm', 'it forwards to what is no address'],
    ['ok@ex.org:::', 'it stands there twice']
  ] as const)
    assert.throws(() => parseVirtual(`OK@ex.org:::\n${line}\n`), new Temporary(`bad format in users/virtual, line 2: ${why}`), line)
})

test('one mailbox is found by its address, and what is wrong with others does not stop it', () => {
  const text =
    '# joe@ex.org:::\nann@ex.org:\nmujoe@ex.org:no::\nJoe@Ex.org:$scrypt$X:50M:\nx@joe@ex.org:::\nbob@ex.org:::|rm\n\nb\xe9@ex.org\ndup@ex.org:::\nDUP@ex.org:::\nlast@ex.org:end::'
  assert.deepEqual(virtualIn(text, 'jOE@ex.org'), { box: 'joe', domain: 'ex.org', hash: '$scrypt$X', quota: '50M', forward: [] })
  assert.equal(virtualIn(text, 'last@ex.org')?.hash, 'end')
  assert.equal(virtualIn('first@ex.org:it::\n', 'first@ex.org')?.hash, 'it')
  for (const nobodys of ['oe@ex.org', 'joe@ex.or', 'joe@ex.org:$scrypt$x', 'x@joe@ex.org', '', '@ex.org', 'mujoe@ex.org:no::\njoe@ex.org', '# joe@ex.org'])
    assert.equal(virtualIn(text.replace(/^x@.*\n/m, ''), nobodys), undefined, nobodys)
  for (const [address, line, why] of [
    ['ann@ex.org', 2, 'it is not box@domain:hash:quota:forward'],
    ['bob@ex.org', 6, 'it forwards to what is no address'],
    ['dup@ex.org', 10, 'it stands there twice']
  ] as const)
    assert.throws(() => virtualIn(text, address), new Temporary(`bad format in users/virtual, line ${line}: ${why}`), address)
})

test('mail is kept, forwarded, or both', () => {
  const instructions = (quota: string, ...forward: string[]) => instructionsOf('/q', { box: 'joe', domain: 'ex.org', hash: '', quota, forward })
  assert.equal(instructions(''), './Maildir/')
  assert.equal(instructions('1G'), '|/q/bin/deliverquota ./Maildir 1G')
  assert.equal(instructions('', 'a@b.c', 'd@e.f'), '&a@b.c\n&d@e.f')
  assert.equal(instructions('', 'a@b.c', 'joe@ex.org'), './Maildir/\n&a@b.c')
})

test('a password fits its own hash only; a hash cannot ask for more memory than ours', () => {
  const hash = hashPassword('geheim\xe9')
  assert.ok(isScrypt(hash))
  assert.notEqual(hash, hashPassword('geheim\xe9'))
  assert.equal(verifyPassword(hash, 'geheim\xe9'), true)
  for (const [other, password] of [
    [hash, 'geheim'],
    [hash, ''],
    ['', ''],
    ['$6$x$y', 'geheim\xe9'],
    [hash.replace('ln=15', 'ln=30'), 'geheim\xe9'],
    [hash.replace('ln=15', 'ln=0'), 'geheim\xe9']
  ] as const)
    assert.equal(verifyPassword(other, password), false, other)
})
