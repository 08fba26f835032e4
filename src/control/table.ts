import type { Bytes } from '../core/bytes.ts'
import { auth } from './settings/auth.ts'
import { injection } from './settings/injection.ts'
import { local } from './settings/local.ts'
import { network } from './settings/network.ts'
import { notices } from './settings/notices.ts'
import { qmail } from './settings/qmail.ts'
import { queue } from './settings/queue.ts'
import { service } from './settings/service.ts'
import type { Setting } from './settings/setting.ts'
import { smtp } from './settings/smtp.ts'
import { tls } from './settings/tls.ts'

export type { Reread, Setting } from './settings/setting.ts'

/** Every file of control/, an area a file in settings/: first qmail's, in the order qmail-showctl prints them, then our own. Nothing else repeats what stands there. */
export const settings = { ...qmail, ...queue, ...notices, ...local, ...smtp, ...tls, ...auth, ...network, ...injection, ...service }

export type SettingName = keyof typeof settings

type Kinds = { line: Bytes | undefined; number: number; list: Bytes[] | undefined; map: Map<Bytes, Bytes> | undefined }
/** The type of a setting's value. */
export type Value<N extends SettingName> = Kinds[(typeof settings)[N]['type']]

/** The files of control/ that this program reads. */
export const settingsOf = (program: string): string[] =>
  Object.entries<Setting>(settings)
    .filter(([, { readers }]) => readers.includes(program) || readers.includes('all'))
    .map(([name]) => name)
