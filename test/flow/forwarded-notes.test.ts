import assert from 'node:assert/strict'
import { renameSync } from 'node:fs'
import { test } from 'node:test'
import { client } from '../helpers/dialogue.ts'
import { type Home, makeHome } from '../helpers/home.ts'
import { layProgram } from '../helpers/kept-variables.ts'
import { smtpSink } from '../helpers/smtp.ts'
import { maildir, startSmtpd, startSuite, until } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'
import { PATIENT } from '../helpers/wait.ts'

/** A suite with users who forward, a host far away that takes what senders ask for, and joe, who asks. */
const makeWorld = async (firstgear: string | undefined, before: (home: Home) => void = () => {}) => {
  const home = makeHome()
  before(home)
  if (firstgear !== undefined) home.control('firstgear', firstgear)
  home.control('locals', 'local.example\n')
  home.control('rcpthosts', 'local.example\nfar.example\n')
  home.control('esmtp', 'PIPELINING\n8BITMIME\nSMTPUTF8\nDSN\n')
  const sink = await smtpSink((command) => (command.startsWith('EHLO') ? '250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 DSN' : undefined))
  home.control('smtproutes', `:127.0.0.1:${sink.port}\n`)
  const [joe, one, many, list, both, prg] = makeUsers(home, ['joe', 'one', 'many', 'list', 'both', 'prg'])
  assert.ok(joe && one && many && list && both && prg)
  for (const user of [joe, both]) user.maildir()
  one.lay('.qmail', '&far-one@far.example\n')
  many.lay('.qmail', '&far-many@far.example\n&far-more@far.example\n')
  list.lay('.qmail', '&far-list@far.example\n')
  list.lay('.qmail-owner', '&joe@local.example\n')
  both.lay('.qmail', './Maildir/\n&far-both@far.example\n')
  prg.lay('.qmail', `|${home.at('bin', 'forward')} far-prg@far.example\n`)
  const suite = await startSuite(home)
  const { port } = await startSmtpd(home)
  const send = async (mail: string, recipients: string[], field = 'Subject: hi'): Promise<void> => {
    const talk = client(port)
    talk.say(
      ['EHLO x', `MAIL FROM:<joe@local.example>${mail}`, ...recipients.map((rcpt) => `RCPT TO:${rcpt}`), 'DATA', field, '', 'body', '.', 'QUIT', ''].join(
        '\r\n'
      )
    )
    assert.match(await talk.closed(), /\r\n354 [\s\S]*250 ok \d+ qp \d+\r\n221 /)
  }
  const command = (pattern: RegExp): Promise<string> =>
    until(
      () => `${pattern} in ${sink.commands.join('|')}; log:\n${suite.log()}`,
      () => sink.commands.find((one) => pattern.test(one))
    )
  const notice = (pattern: RegExp): Promise<string> =>
    until(
      () => `${pattern} for joe; log:\n${suite.log()}`,
      () => maildir(`${joe.home}/Maildir`).find((text) => pattern.test(text))
    )
  return { home, sink, suite, joe, send, command, notice }
}

for (const firstgear of [undefined, 'qmail-local\n', 'qmail-local\nqmail-remote\n']) {
  test(
    `what a sender asked for goes with a message that is forwarded; ${firstgear === undefined ? 'second gear' : `first gear of ${firstgear.trim().replace('\n', ', ')}`}`,
    PATIENT,
    async () => {
      const { sink, joe, send, command, notice } = await makeWorld(firstgear)
      await send(' RET=HDRS ENVID=e+2B1', ['<one@local.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;first@old.example'])
      assert.equal(await command(/far-one/), 'RCPT TO:<far-one@far.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;first@old.example')
      assert.equal(
        sink.commands.find((line) => line.startsWith('MAIL')),
        'MAIL FROM:<joe@local.example> RET=HDRS ENVID=e+2B1'
      )
      assert.equal(maildir(`${joe.home}/Maildir`).filter((text) => text.includes('delivery notice')).length, 0)
      await send('', ['<many@local.example> NOTIFY=SUCCESS', '<list@local.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;old@list.example'])
      assert.equal(await command(/far-many/), 'RCPT TO:<far-many@far.example> NOTIFY=NEVER ORCPT=rfc822;many@local.example')
      assert.equal(await command(/far-more/), 'RCPT TO:<far-more@far.example> NOTIFY=NEVER ORCPT=rfc822;many@local.example')
      assert.equal(await command(/far-list/), 'RCPT TO:<far-list@far.example>')
      assert.ok(sink.commands.includes('MAIL FROM:<list-owner@local.example>'))
      assert.match(await notice(/ many@/), /\nFinal-Recipient: rfc822; many@local\.example\nAction: expanded\n/)
      assert.match(await notice(/ list@/), /\nOriginal-Recipient: rfc822; old@list\.example\nFinal-Recipient: rfc822; list@local\.example\nAction: delivered\n/)
      await send(' ENVID=two', ['<both@local.example> NOTIFY=SUCCESS,FAILURE', '<prg@local.example> NOTIFY=SUCCESS,DELAY'])
      assert.equal(await command(/far-both/), 'RCPT TO:<far-both@far.example> NOTIFY=FAILURE ORCPT=rfc822;both@local.example')
      assert.equal(await command(/far-prg/), 'RCPT TO:<far-prg@far.example> NOTIFY=DELAY ORCPT=rfc822;prg@local.example')
      assert.match(await notice(/ both@/), /\nFinal-Recipient: rfc822; both@local\.example\nAction: delivered\n/)
      assert.match(await notice(/ prg@/), /\nFinal-Recipient: rfc822; prg@local\.example\nAction: delivered\n/)
      await send(' SMTPUTF8', ['<one@local.example>'], 'Subject: gr\xc3\xbc\xc3\x9fe')
      assert.equal(await command(/SMTPUTF8/), 'MAIL FROM:<joe@local.example> SMTPUTF8 BODY=8BITMIME')
      assert.doesNotMatch(maildir(`${joe.home}/Maildir`).join(''), / one@local\.example\nAction/)
    }
  )
}

test('a message without notes is forwarded as ever, through the express lane and without a word of its own', PATIENT, async () => {
  const { sink, send, command, suite } = await makeWorld(undefined)
  await send('', ['<one@local.example>'])
  assert.equal(await command(/far-one/), 'RCPT TO:<far-one@far.example>')
  await until('the end of both', () => (suite.log().match(/\nend msg /g) ?? []).length === 2)
  assert.deepEqual(
    sink.messages.map(({ from, to }) => ({ from, to })),
    [{ from: 'joe@local.example', to: ['far-one@far.example'] }]
  )
})

test(
  'behind a qmail-lspawn that is not known for ours a forwarded message is an ordinary one, and its sender hears of that; remote recipients lose nothing',
  PATIENT,
  async () => {
    const wrap = (home: Home): void => {
      renameSync(home.at('bin', 'qmail-lspawn'), home.at('bin', 'qmail-lspawn.own'))
      layProgram(home, 'bin/qmail-lspawn', `exec ${home.at('bin', 'qmail-lspawn.own')} "$@"`)
    }
    const { send, command, notice } = await makeWorld(undefined, wrap)
    await send(' ENVID=e', ['<one@local.example> NOTIFY=SUCCESS', '<both@local.example> NOTIFY=SUCCESS', '<direct@far.example> NOTIFY=SUCCESS'])
    assert.equal(await command(/direct/), 'RCPT TO:<direct@far.example> NOTIFY=SUCCESS')
    assert.equal(await command(/far-one/), 'RCPT TO:<far-one@far.example>')
    assert.equal(await command(/far-both/), 'RCPT TO:<far-both@far.example>')
    const text = await notice(/ both@/)
    assert.match(text, /\nFinal-Recipient: rfc822; both@local\.example\nAction: delivered\n/)
    assert.match(text, /\nFinal-Recipient: rfc822; one@local\.example\nAction: relayed\n/)
  }
)
