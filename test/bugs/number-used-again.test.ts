import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { LogKeeper } from '../helpers/log-keeper.ts'
import { queueFiles } from '../helpers/queue-files.ts'
import { putMessage, SendRig } from '../helpers/send-rig.ts'
import { until } from '../helpers/suite.ts'
import { PATIENT } from '../helpers/wait.ts'

test('a number used again in the commit log before qmail-clean has answered: the answer is the old message’s', PATIENT, async () => {
  const home = makeHome()
  home.control('locals', 'me.example\n')
  const keeper = new LogKeeper(home)
  await keeper.open()
  const rig = new SendRig(home, { resident: true, env: { QMAIL_LOG: '1' } })
  await rig.logged(/status/)
  const late: string[] = []
  rig.onClean = (command) => {
    if (command.startsWith('foop')) rig.obey(command)
    late.push(command)
    return undefined
  }
  const id = putMessage(home, ['first@me.example'])
  rig.pull()
  rig.report(await rig.delivery(/^first/), 'Kok\n')
  await until('the first envelope to be asked away', () => late.length === 1)
  rig.say('clean', rig.obey(`todo/${id}`))
  await until('the last file to have gone', () => late.at(-1) === `foop/${id}`)

  keeper.put(['second@me.example'], 's@s.example', 'Subject: second\n\n', () => {}, id)
  rig.report(await rig.delivery(/^second/), 'Zlater\n')
  await until('the second to have its files, and its envelope to be asked away', () => late.length === 3)
  rig.say('clean', '+')
  putMessage(home, ['other@me.example'])
  rig.pull()
  const other = await rig.delivery(/^other/) // so the answer has been heard, too
  rig.say('clean', rig.obey(`todo/${id}`))
  rig.onClean = (command) => rig.obey(command)
  rig.report(other, 'Kok\n')
  rig.kill('SIGALRM')
  rig.report(await rig.delivery(/^second/), 'Kok\n')
  await rig.logged(/end msg[\s\S]*end msg[\s\S]*end msg/)
  assert.equal(rig.log.match(/^new msg /gm)?.length, 3, `each is taken up once:\n${rig.log}`)
  assert.equal(await rig.stop(), 0)
  assert.deepEqual(queueFiles(home, ['mess', 'info', 'local', 'todo', 'intd']), [])
})
