import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { selfSigned } from './certificate.ts'
import type { Home } from './home.ts'
import { maildir, startSmtpd, startSuite } from './suite.ts'
import { layCertificate, output } from './tls.ts'
import { makeUsers } from './users.ts'

/** All that we offer. */
export const ESMTP = 'PIPELINING\nSIZE\n8BITMIME\nENHANCEDSTATUSCODES\nCHUNKING\nSMTPUTF8\nDSN\nLIMITS\nHELP\n'

/** Starts the suite with a certificate and a mailbox for everything to joe and joe-anything@ours.example, and takes mail for round.example and these domains besides; the messages in the mailbox, as text. */
export const startOurs = async (home: Home, domains: readonly string[]): Promise<() => string[]> => {
  const [joe] = makeUsers(home, ['joe'])
  assert.ok(joe)
  layCertificate(home, selfSigned(['mail.example.org']))
  home.control('locals', 'ours.example\n')
  home.control('rcpthosts', ['ours.example', 'round.example', ...domains].map((domain) => `${domain}\n`).join(''))
  home.control('bounceformat', 'dsn\n')
  home.control('esmtp', ESMTP)
  const box = joe.maildir()
  joe.lay('.qmail-default', './Maildir/\n')
  await startSuite(home)
  return () => maildir(box)
}

/** Our side as startOurs, for one domain of another MTA's, and two of that, `start`ed with all their mail going to a port of ours: of a qmail-smtpd run once, and of a resident one, whose MTA gets all our mail. */
export const startBetween = async <Peer extends { port: number }>(home: Home, domain: string, start: (ours: number) => Promise<Peer>) => {
  const box = await startOurs(home, [domain])
  const begin = async (gear: string[]): Promise<Peer> => start((await startSmtpd(home, gear)).port)
  const [own, resident] = [await begin([]), await begin(['-w', '1'])]
  home.control('smtproutes', `:127.0.0.1:${resident.port}\n`)
  return { own, resident, box }
}

/** A header that no MTA adds anything to. */
export const HEAD = 'From: p@far.example\nTo: u@there.example\nDate: Sat, 28 Nov 2026 03:00:00 +0000\nMessage-ID: <1@far.example>\n'
/** Bodies that are not to change on their way, by name. */
export const BODIES = {
  'lines of dots': '.\n..\n...x\n.\n\n.\n',
  'eight bits': `${Array.from({ length: 256 }, (_, n) => (n === 0 || n === 10 || n === 13 ? '' : String.fromCharCode(n))).join('')}\n`,
  'no body': '',
  'empty lines': '\n\n\n',
  'a line of 6,000 bytes': `${'.'.repeat(6000)}\n`,
  'much of it': Array.from({ length: 9000 }, (_, n) => `${'.'.repeat(n % 5)}line ${n}\n`).join('')
}

const SEND = `import smtplib, sys
with smtplib.SMTP('127.0.0.1', int(sys.argv[1])) as s:
    s.ehlo()
    s.command_encoding = 'utf-8'
    assert s.sendmail(sys.argv[2], [sys.argv[3]], open(sys.argv[4], 'rb').read(), mail_options=sys.argv[5].split(), rcpt_options=sys.argv[6].split()) == {}
`
/** Has Python's smtplib send, by SMTPUTF8 or with words about reports: `mail` and `rcpt` are parameters of MAIL and RCPT. */
export const pythonSend = async (home: Home, port: number, from: string, to: string, text: string, mail: string, rcpt = ''): Promise<void> => {
  writeFileSync(home.at('python.eml'), text.replaceAll('\n', '\r\n'))
  const { text: said, code } = await output('python3', ['-c', SEND, String(port), from, to, home.at('python.eml'), mail, rcpt])
  assert.equal(code, 0, said)
}
