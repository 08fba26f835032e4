/**
 * NAME     qmail-remote host sender recipient ...: delivers one message to its recipients at one host by SMTP (spec network.md 6)
 * RUNS AS  qmailr:qmail, under qmail-rspawn
 * FDS      0< the message, LF lines, 1> reports; resident: 0< requests, 1> answers
 * ENV      DNSCACHEIP: name servers instead of those of /etc/resolv.conf, 1.2.3.4, with :PORT if need be
 *          QMAILESMTP: what the sender asked for: `e=` and 16 hexadecimal digits of the SHA-256 of the arguments, a zero byte behind each, a blank, notes; `r=` is an argument's number
 * EXIT     0 always: the reports say what happened
 * FILES    control/ me helohost timeoutconnect timeoutremote smtproutes outgoingip moreipme notipme esmtp downgrade tlsdestinations
 *          tlshosts/ notlshosts/ tlsclientciphers tlsclientmethod cafile dane daneinsecuremx dnssectrust tlsadomains requiretls authsenders authclear; clientcert.pem, domaincerts: whether they are there; run/remote/tls: qmail-tlsd;
 *          /etc/ssl/certs; /etc/resolv.conf; queue/lock/tcpto; resident: queue/mess
 *
 * The second gear (kept by qmail-rspawn) makes many deliveries at once: src/spawn/wire.ts.
 */
import { SettingsCache } from '../src/control/cache.ts'
import { Exit } from '../src/core/exit.ts'
import { writeFd } from '../src/core/fdio.ts'
import { type Context, run } from '../src/core/run.ts'
import { systemResolvers } from '../src/net/secure-dns.ts'
import { NOTES_VARIABLE } from '../src/queue/notes-variable.ts'
import { deliver } from '../src/remote/deliver.ts'
import { usageReport } from '../src/remote/report.ts'
import { serveDeliveries } from '../src/remote/resident.ts'
import { FILES, readSettings } from '../src/remote/settings.ts'
import { notesForRemote } from '../src/spawn/remote-variable.ts'

const FD = { message: 0, reports: 1 } as const

const once = async ({ home, args, env }: Context): Promise<number> => {
  const [host, sender, ...recipients] = args
  const variable = env[NOTES_VARIABLE]
  const notes = variable ? notesForRemote(variable, args) : undefined
  const isUsable = host !== undefined && sender !== undefined && recipients.length > 0
  const reports = isUsable ? await deliver(home, { host, sender, recipients, notes, message: FD.message }, systemResolvers(env)) : usageReport
  try {
    writeFd(FD.reports, reports)
  } catch {
    // nobody is left to tell; qmail-rspawn takes silence for a temporary failure
  }
  return Exit.ok
}

const resident = async ({ home, env }: Context): Promise<number> => {
  const dns = systemResolvers(env)
  const settings = new SettingsCache(home, FILES, () => readSettings(home))
  await serveDeliveries(home, (delivery) => deliver(home, delivery, dns, () => settings.get()))
  return Exit.ok
}

run('qmail-remote', (context) => (context.resident ? resident(context) : once(context)))
