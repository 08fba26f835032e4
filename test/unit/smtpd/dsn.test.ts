import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base, feed, type Rig, rig } from '../../helpers/smtpd-rig.ts'

const session = (esmtp: string[] | undefined = ['DSN']): Rig => rig({ settings: { ...base(), rcpthosts: undefined, esmtp }, relayclient: () => '' })
const replies = async (r: Rig, ...lines: string[]): Promise<string[]> => {
  await feed(r, `${lines.join('\r\n')}\r\n`)
  return r.said.splice(0).join('').trimEnd().split('\r\n')
}
const code = (line: string): string => line.slice(0, 3)

test('RET and ENVID at MAIL, NOTIFY and ORCPT at RCPT: what they cannot be is 501', async () => {
  const r = session()
  assert.deepEqual(await replies(r, 'EHLO x'), ['250-mx', '250 DSN'])
  const good = ['RET=FULL', 'ret=hdrs', 'ENVID=QQ314159', `ENVID=${'x'.repeat(100)}`, 'RET=HDRS ENVID=a+2Bb+3D']
  const bad = ['RET=HALF', 'RET', 'RET=', 'RET=FULL RET=FULL', 'ENVID=', 'ENVID', 'ENVID=a+b', 'ENVID=a=b', `ENVID=${'x'.repeat(101)}`, 'ENVID=caf\xe9']
  assert.deepEqual(new Set((await replies(r, ...good.map((p) => `MAIL FROM:<a@b> ${p}`))).map(code)), new Set(['250']))
  assert.deepEqual(new Set((await replies(r, ...bad.map((p) => `MAIL FROM:<a@b> ${p}`))).map((line) => line.replace(/ [^(]*/, ' '))), new Set(['501 (#5.5.4)']))
  await replies(r, 'MAIL FROM:<a@b>')
  const goodOnes = [
    'NOTIFY=NEVER',
    'notify=success',
    'NOTIFY=SUCCESS,FAILURE,DELAY',
    'NOTIFY=DELAY,SUCCESS',
    'ORCPT=rfc822;joe@x',
    'ORCPT=x400;a+3Db NOTIFY=NEVER'
  ]
  const badOnes = [
    'NOTIFY=',
    'NOTIFY',
    'NOTIFY=SOMETIMES',
    'NOTIFY=NEVER,FAILURE',
    'NOTIFY=SUCCESS,SUCCESS',
    'NOTIFY=NEVER NOTIFY=NEVER',
    'ORCPT=joe@x',
    'ORCPT=rfc822;',
    `ORCPT=rfc822;${'x'.repeat(494)}`,
    'ORCPT=rfc822;a=b'
  ]
  assert.deepEqual(new Set((await replies(r, ...goodOnes.map((p) => `RCPT TO:<c@d> ${p}`))).map(code)), new Set(['250']))
  assert.deepEqual(
    new Set((await replies(r, ...badOnes.map((p) => `RCPT TO:<c@d> ${p}`))).map((line) => line.replace(/ [^(]*/, ' '))),
    new Set(['501 (#5.5.4)'])
  )
  assert.deepEqual(await replies(r, 'MAIL FROM:<a@b> NOTIFY=NEVER', 'RCPT TO:<c@d> RET=FULL'), Array(2).fill('555 parameter not supported (#5.5.4)'))
})

test('the queue hears of it as notes, by the place of the recipients that were taken; a transaction that is over leaves nothing', async () => {
  const r = session()
  const says = [
    'RCPT TO:<a@x>',
    'RCPT TO:<b@x> NOTIFY=OFTEN',
    'RCPT TO:<b@x> ORCPT=rfc822;B@x NOTIFY=DELAY,FAILURE',
    'RCPT TO:<c@x> NOTIFY=NEVER',
    'RCPT TO:<d@x>'
  ]
  await replies(r, 'EHLO x', 'MAIL FROM:<s@x> RET=HDRS ENVID=lost', 'RCPT TO:<z@x> NOTIFY=NEVER', 'RSET')
  await replies(r, 'MAIL FROM:<s@x> RET=HDRS ENVID=E+2B1', ...says, 'DATA', 'hi', '.')
  await replies(r, 'MAIL FROM:<s@x>', ...says.slice(0, 1), 'DATA', 'hi', '.')
  await replies(r, 'MAIL FROM:<s@x>', 'RCPT TO:<a@x> NOTIFY=SUCCESS', 'DATA', 'hi', '.')
  assert.deepEqual(
    r.queued.map(({ recipients, notes }) => [recipients.join(), notes]),
    [
      ['a@x,b@x,c@x,d@x', 'v=1 o=relay ret=H envid=E+2B1 r=1,n=FD,o=rfc822;B@x r=2,n=N'],
      ['a@x', undefined],
      ['a@x', 'v=1 o=relay r=0,n=S']
    ]
  )
})

test('without control/esmtp, or after HELO, nothing of it counts; where DSN is not listed it is not supported', async () => {
  const say = ['MAIL FROM:<a@b> RET=NONSENSE', 'RCPT TO:<c@d> NOTIFY=NONSENSE', 'DATA', 'hi', '.']
  const old = rig({ relayclient: () => '' })
  assert.ok((await replies(old, 'EHLO x', ...say)).some((line) => line.startsWith('250 ok 1')))
  const hello = session()
  await replies(hello, 'HELO x', ...say)
  assert.deepEqual([old.queued[0]?.notes, hello.queued[0]?.notes, hello.queued.length], [undefined, undefined, 1])
  const r = session(['SIZE'])
  assert.deepEqual((await replies(r, 'EHLO x', 'MAIL FROM:<a@b> RET=FULL', 'MAIL FROM:<a@b>', 'RCPT TO:<c@d> NOTIFY=NEVER')).slice(2).map(code), [
    '555',
    '250',
    '555'
  ])
})

test('notes that would be too long: a recipient with them is put off, one without is taken', async () => {
  const r = session()
  await replies(r, 'EHLO x', 'MAIL FROM:<a@b>')
  const orcpt = `ORCPT=rfc822;${'x'.repeat(480)}`
  const codes = (await replies(r, ...Array.from({ length: 140 }, (_, n) => `RCPT TO:<r${n}@x> ${orcpt}`))).map(code)
  const taken = codes.filter((c) => c === '250').length
  assert.ok(taken > 100 && taken < 140, String(taken))
  assert.equal((await replies(r, `RCPT TO:<last@x> ${orcpt}`))[0], '452 too many recipients (#4.5.3)')
  assert.deepEqual((await replies(r, 'RCPT TO:<plain@x>', 'DATA', 'hi', '.')).map(code), ['250', '354', '250'])
  assert.equal(r.queued[0]?.recipients.length, taken + 1)
  assert.equal(r.queued[0]?.notes?.match(/r=/g)?.length, taken)
})
