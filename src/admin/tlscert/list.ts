import type { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { CERTIFICATE, readCredentials, SECOND_CERTIFICATE } from '../../control/credentials.ts'
import { reason } from '../../core/failure.ts'
import { namesIfThere } from '../../core/if-there.ts'
import { printable } from '../../core/logline.ts'

const DAY_MILLISECONDS = 86_400_000
/** The folder of control/ with a folder for each name clients ask for. */
export const NAMES = 'servercerts'
/** Certificates that have ended are listed too. */
const ALL_TIMES = new Date(0)

/** A certificate in a line: its file below control/, names, who signed it, days left. */
export const described = (file: string, leaf: X509Certificate, now: Date): string => {
  const days = Math.floor((leaf.validToDate.getTime() - now.getTime()) / DAY_MILLISECONDS)
  const names = (leaf.subjectAltName ?? leaf.subject ?? '').replaceAll('DNS:', '').replaceAll('\n', ', ')
  const issuer = leaf.issuer === leaf.subject ? 'itself' : leaf.issuer.replaceAll('\n', ', ')
  return printable(`${file}: ${names}; by ${issuer}; ${days < 0 ? `ended on ${leaf.validToDate.toISOString().slice(0, 10)}` : `${days} days left`}`)
}

const foldersOfNames = (control: string): string[] =>
  namesIfThere(join(control, NAMES))
    .sort()
    .map((name) => join(NAMES, name))

/** The certificates below a control/, a line each; `isUsable` false when qmail-tlsd would refuse one for another reason than its end. Throws system errors. */
export const listed = (control: string, now: Date): { lines: string[]; isUsable: boolean } => {
  let isUsable = true
  const lines = ['.', ...foldersOfNames(control)].flatMap((folder) => {
    try {
      const found = readCredentials(join(control, folder), ALL_TIMES) ?? []
      return found.map(({ leaf }, n) => described(join(folder, n === 0 ? CERTIFICATE : SECOND_CERTIFICATE), leaf, now))
    } catch (error) {
      isUsable = false
      return [printable(`${join(folder, CERTIFICATE)}: cannot be used: ${reason(error)}`)]
    }
  })
  return { lines, isUsable }
}
