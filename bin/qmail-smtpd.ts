/**
 * NAME     qmail-smtpd [ [ hostname ] checker [ subprogram ... ] ]: receives mail by SMTP (spec network.md 4)
 * RUNS AS  qmaild:nofiles, under tcpserver
 * FDS      0< 1> the connection, 2> log, and trouble with control files; resident: 0< the listening socket, 3<> the parent
 * ENV      TCPREMOTEIP, TCPREMOTEHOST, TCPREMOTEINFO, TCPLOCALHOST, TCPLOCALIP; RELAYCLIENT, DATABYTES, QMAILQUEUE; in the place of
 *          control files: MAXRECIPIENTS, DISABLE_MAXRCPT, BRTLIMIT, TARPITCOUNT, TARPITDELAY, GREETDELAY, SMTPD_GREETDELAY, DROP_PRE_GREET,
 *          DISABLE_BADMAILFROM, NOBADHELO; of TLS: SSLCTLFD, SSLREADFD, SSLWRITEFD, SSL_*, FORCE_TLS, DISABLETLS, UCSPITLS; logging in: SMTPAUTH, SMTPAUTHOLD, FORCETLS, SUBMISSION, LOCALMFCHECK, FORCEAUTHMAILFROM; programs hooked in: RCPTCHECK, RCPTCHECKRELAYCLIENT, ENABLE_SPP, SPPCONFFILE; of front ends: TCPRULES, TCPBEFORE; for the log: TCPREMOTEPORT, TCPLOCALPORT
 * EXIT     0 after QUIT, 1 after any other end
 * FILES    control/ me smtpgreeting localiphost timeoutsmtpd rcpthosts morercpthosts.cdb badmailfrom badmailfromnorelay badrcptto
 *          badrcpttonorelay badhelo badhelonorelay patterns databytes esmtp maxrcpt maxerrors maxsession brtlimit greetdelay tarpitcount tarpitdelay smtpdlog recipientcheck xclient
 *          smtpplugins checkpassword authtries hideauthuser submitfrom locals virtualdomains idhost; run/smtpd/rcpt: qmail-rcptd; run/smtpd/auth: qmail-authd; servercert.pem: whether it is there; run/smtpd/tls: qmail-tlsd;
 *          drop: whether the disk has room
 *
 * The second gear (kept by tcpserver -w) serves many connections in one process; it may then read control/ and drop/, and nothing else.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SettingsCache } from '../src/control/cache.ts'
import { type Env, run } from '../src/core/run.ts'
import { readableFd, writableFd } from '../src/net/stdio.ts'
import { NOTES_VARIABLE } from '../src/queue/notes-variable.ts'
import { askAuthDoor } from '../src/serve/auth-ask.ts'
import { canLogIn } from '../src/serve/auth-mode.ts'
import type { CoprocessorTls } from '../src/serve/coprocessor-tls.ts'
import { openDoor } from '../src/serve/door.ts'
import { givenChecker } from '../src/serve/given-checker.ts'
import { RecipientDoor } from '../src/serve/recipient-door.ts'
import type { Ends } from '../src/serve/tls.ts'
import { ucspiTls } from '../src/serve/ucspi-tls.ts'
import { parentChannel, Worker } from '../src/serve/worker.ts'
import { checkerFor } from '../src/smtpd/auth/given.ts'
import type { AskChecker } from '../src/smtpd/auth/session-auth.ts'
import { type Connection, serveConnection } from '../src/smtpd/connection.ts'
import { SessionExit } from '../src/smtpd/dialogue.ts'
import { isEncrypted } from '../src/smtpd/protocol.ts'
import { hasRoom } from '../src/smtpd/room.ts'
import { FILES, readSettings } from '../src/smtpd/settings.ts'
import { isTlsOff } from '../src/smtpd/tls-first.ts'
import { beginsWithTls, hooksOthers, isHooked, SESSION } from '../src/spawn/handover.ts'
import { submit } from '../src/submit/submit.ts'

/** Under a server that knows nothing of TLS qmail-tlsd -c leads it, where there is a certificate; undefined: it is not to be had now. */
const ownTls = async (home: string, env: Env): Promise<CoprocessorTls | undefined> =>
  (await import('../src/serve/coprocessor-tls.ts')).coprocessorTls(home, 'qmail-smtpd', env)

/** TLS from the first byte on; undefined: there is none, and nothing is said in clear. */
const tlsAtOnce = async (tls: CoprocessorTls | undefined, ends: Ends, env: Env): Promise<Ends | undefined> => {
  const turned = await tls?.start(ends, '')
  if (turned?.kind !== 'secured') return undefined
  for (const [name, value] of turned.variables) env[name] = value
  return turned.ends
}

run('qmail-smtpd', async ({ home, args, env, resident }) => {
  const roomAt = (bytes: number): boolean => hasRoom(home, bytes)
  if (resident) {
    const settings = new SettingsCache(home, FILES, () => readSettings(home))
    const worker: Worker = new Worker(parentChannel(), (socket, variables, open) =>
      serveConnection({
        input: socket,
        output: socket,
        env: variables,
        readSettings: () => settings.get(),
        hasRoom: roomAt,
        open,
        recipients,
        authd,
        checker: args.length > 0 ? authd : undefined,
        canServe: (settings, other) => !hooksOthers(settings) && !(args.length > 0 && canLogIn(other)),
        tls: worker.tls.starter(Number(variables[SESSION]))
      })
    )
    const recipients = new RecipientDoor(() => worker.openDoor('rcpt'))
    const authd: AskChecker = (request) => askAuthDoor(() => worker.openDoor('auth'), request)
    return worker.run()
  }
  // few need programs of others, and they cost node:child_process
  const hooksOf = async (variables: Env): Promise<Connection['hooks']> => {
    const hooksFor = isHooked(variables) ? (await import('../src/smtpd/hooks.ts')).hooksFor : undefined
    return hooksFor && ((print) => hooksFor(home, variables, print))
  }
  const authd: AskChecker = (request) => askAuthDoor(() => openDoor(home, 'auth'), request)
  const ucspi = ucspiTls(env)
  const isOwn = !ucspi && !isEncrypted(env) && !isTlsOff(env) && existsSync(join(home, 'control', 'servercert.pem'))
  const own = isOwn ? await ownTls(home, env) : undefined
  const raw: Ends = { input: readableFd(0), output: writableFd(1) }
  const ends = isOwn && beginsWithTls(env) ? await tlsAtOnce(own, raw, env) : raw
  if (ends === undefined) return SessionExit.other
  const exit = await serveConnection({
    ...ends,
    env,
    readSettings: () => readSettings(home),
    hasRoom: roomAt,
    open: (facts) => {
      delete env[NOTES_VARIABLE] // of the message before
      return submit({ home, env: Object.assign(env, facts()) })
    },
    checker: checkerFor(givenChecker(home, args, env.PATH), env, authd),
    authd,
    recipients: new RecipientDoor(() => openDoor(home, 'rcpt')),
    tls: ucspi ?? own,
    hooks: await hooksOf(env),
    hooksFor: hooksOf,
    canServe: () => true
  })
  await own?.drained()
  return exit
})
