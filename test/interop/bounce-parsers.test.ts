import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { toBuffer } from '../../src/core/bytes.ts'
import { splitPath } from '../../src/queue/paths.ts'
import { dnsReport, noAddressReport, noConnectionReport, noHostReport, nullMxReport, report, selfReport, tooLargeReport } from '../../src/remote/report.ts'
import { reportOn } from '../../src/rspawn/report.ts'
import { bounceBreak, bounceFor, bounceHead, paragraph, TOO_LONG } from '../../src/send/bounce/text.ts'
import { writeBounce } from '../../src/send/bounce/write-bounce.ts'

const RECIPIENT = 'joe@example.org'
const settings = { bouncefrom: 'MAILER-DAEMON', bouncehost: 'mail.example.net', doubleTo: 'postmaster@mail.example.net' }

/** A bounce as qmail-send writes it, for one recipient and this text. */
const bounce = (text: string): string => {
  const kind = bounceFor('s@example.net', settings)
  assert.ok(kind.kind === 'single')
  const head = bounceHead(kind, settings, Date.UTC(2026, 10, 27))
  return `Return-Path: <>\nReceived: (qmail 123 invoked for bounce); 27 Nov 2026 10:00:00 -0000\n${head}${paragraph(RECIPIENT, text)}${bounceBreak(kind)}From: s@example.net\nTo: ${RECIPIENT}\nSubject: hi\nMessage-ID: <x@example.net>\nDate: 27 Nov 2026 09:00:00 -0000\n\nbody\n`
}

/** The text of qmail-rspawn's report on what qmail-remote printed. */
const spawned = (...reports: string[]): string => reportOn({ code: 0, output: reports.join('') }).slice(1)
const said = (text: string) => ({ code: Number(text.slice(0, 3)), text: `${text}\n` })

interface Case {
  what: string
  text: string
  /** The reasons that Sisimai and Mail::DeliveryStatus::BounceParser see. */
  sisimai: string
  bounceParser: string
  /** Where they see another one, once there is a part for programs. */
  ofReports?: { sisimai?: string; bounceParser?: string }
}
const cases: Case[] = [
  { what: 'no such local user', text: 'Sorry, no mailbox here by that name. (#5.1.1)\n', sisimai: 'userunknown', bounceParser: 'user_unknown' },
  {
    what: 'no such host',
    text: spawned(noHostReport('example.org')),
    sisimai: 'hostunknown',
    bounceParser: 'unknown',
    ofReports: { bounceParser: 'domain_error' }
  },
  { what: 'DNS fails, for too long', text: `${spawned(dnsReport)}${TOO_LONG}`, sisimai: 'hostunknown', bounceParser: 'unknown' },
  {
    what: 'mail exchangers without an address',
    text: spawned(noAddressReport),
    sisimai: 'hostunknown',
    bounceParser: 'unknown',
    ofReports: { bounceParser: 'domain_error' }
  },
  { what: 'best-preference MX', text: spawned(selfReport), sisimai: 'networkerror', bounceParser: 'unknown' },
  { what: 'no connection', text: `${spawned(noConnectionReport)}${TOO_LONG}`, sisimai: 'networkerror', bounceParser: 'unknown' },
  { what: 'in the queue too long', text: `Connected to 192.0.2.1 but connection died. (#4.4.2)\n${TOO_LONG}`, sisimai: 'expired', bounceParser: 'unknown' },
  {
    what: 'a mailbox over its quota, for too long',
    text: `Unable to write ./Mailbox: disk quota exceeded. (#4.3.0)\n${TOO_LONG}`,
    sisimai: 'mailboxfull',
    bounceParser: 'over_quota'
  },
  {
    what: 'a recipient the server does not know',
    text: spawned(
      report('h', '192.0.2.1 does not like recipient.\n', said('550 5.1.1 <joe@example.org>... User Unknown')),
      report('D', 'Giving up on 192.0.2.1.\n')
    ),
    sisimai: 'userunknown',
    bounceParser: 'user_unknown'
  },
  {
    what: 'a recipient put off for too long',
    text: `${spawned(report('s', '192.0.2.1 does not like recipient.\n', said('450 4.2.0 greylisted')), report('Z', 'Giving up on 192.0.2.1.\n'))}${TOO_LONG}`,
    sisimai: 'onhold',
    bounceParser: 'unknown',
    ofReports: { sisimai: 'expired' }
  },
  {
    what: 'a sender that is refused',
    text: spawned(report('D', 'Connected to 192.0.2.1 but sender was rejected.\n', said('550 5.7.1 no'))),
    sisimai: 'rejected',
    bounceParser: 'unknown'
  },
  { what: 'a message too large for the server', text: spawned(tooLargeReport('192.0.2.1')), sisimai: 'mesgtoobig', bounceParser: 'unknown' },
  { what: 'a host that takes no mail', text: spawned(nullMxReport('example.org')), sisimai: 'notaccept', bounceParser: 'unknown' }
]

const scratch = mkdtempSync(join(tmpdir(), 'bounces-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
const files = cases.map(({ text }, n) => {
  const file = join(scratch, `bounce-${n}`)
  writeFileSync(file, toBuffer(bounce(text)))
  return file
})

/** The same bounces with a part for programs, as qmail-send writes them where control/bounceformat says dsn. */
const reports = async (): Promise<string[]> => {
  const [queue, back] = [join(scratch, 'queue'), process.cwd()]
  for (const folder of ['bounce', 'mess']) mkdirSync(join(queue, folder), { recursive: true })
  for (let n = 0; n < 23; n++) mkdirSync(join(queue, 'mess', String(n)), { recursive: true })
  process.chdir(queue)
  try {
    return await Promise.all(cases.map(({ text }, n) => writeReport(n, text)))
  } finally {
    process.chdir(back)
  }
}
const writeReport = async (n: number, text: string): Promise<string> => {
  writeFileSync(`bounce/${n}`, toBuffer(paragraph(RECIPIENT, text)))
  writeFileSync(
    splitPath('mess', n),
    `From: s@example.net\nTo: ${RECIPIENT}\nSubject: hi\nMessage-ID: <x@example.net>\nDate: 27 Nov 2026 09:00:00 -0000\n\nbody\n`
  )
  const written: Buffer[] = [Buffer.from('Return-Path: <>\nReceived: (qmail 123 invoked for bounce); 27 Nov 2026 10:00:00 -0000\n')]
  const failed = bounceFor('s@example.net', settings)
  assert.ok(failed.kind === 'single')
  const to = { qp: 1, write: (chunk: Buffer) => void written.push(chunk), finish: () => Promise.reject(new Error('not asked')), abort: async () => {} }
  await writeBounce(
    to,
    { id: n, birth: 1_795_000_000, bounce: failed, notes: '' },
    { ...settings, notices: { isReport: true, maxBytes: Number.POSITIVE_INFINITY, delays: [], perMinute: 60 }, routing: { virtualdomains: new Map() } }
  )
  const file = join(scratch, `report-${n}`)
  writeFileSync(file, Buffer.concat(written))
  return file
}

const perl = (script: string, ...args: string[]) => spawnSync('perl', ['-e', script, ...args], { encoding: 'utf8' })
const without = (module: string): string | false => (perl(`use ${module}`).status === 0 ? false : `perl has no ${module}`)

/** What a parser printed: address and reason for each file. */
const verdicts = (script: string, of: string[]): string[] => {
  const r = perl(script, ...of)
  assert.equal(r.status, 0, r.stderr)
  return r.stdout.trimEnd().split('\n')
}
const expected = (reason: (one: Case) => string): string[] => cases.map((one) => `${one.what}: ${RECIPIENT} ${reason(one)}`)
const named = (lines: string[]): string[] => lines.map((line, n) => `${cases[n]?.what}: ${line}`)

const SISIMAI = `use Sisimai; for my $f (@ARGV) { my $b = Sisimai->make($f); print $b ? join(', ', map { $_->recipient->address.' '.$_->reason } @$b) : 'nothing', "\\n" }`
const BOUNCE_PARSER = `use Mail::DeliveryStatus::BounceParser; for my $f (@ARGV) { open my $h, '<', $f or die; my $b = Mail::DeliveryStatus::BounceParser->new(join '', <$h>);
    print $b->is_bounce ? join(', ', map { $_->get('email').' '.$_->get('std_reason') } $b->reports) : 'nothing', "\\n" }`

for (const [format, made, seen] of [
  ['qsbmf', async () => files, (one: Case) => one],
  ['dsn', reports, (one: Case) => ({ ...one, ...one.ofReports })]
] as const) {
  test(`Sisimai reads the suite's bounces as qmail's: ${format}`, { skip: without('Sisimai') }, async () => {
    assert.deepEqual(
      named(verdicts(SISIMAI, await made())),
      expected((one) => seen(one).sisimai)
    )
  })

  test(`Mail::DeliveryStatus::BounceParser reads the suite's bounces as qmail's: ${format}`, {
    skip: without('Mail::DeliveryStatus::BounceParser')
  }, async () => {
    assert.deepEqual(
      named(verdicts(BOUNCE_PARSER, await made())),
      expected((one) => seen(one).bounceParser)
    )
  })
}
