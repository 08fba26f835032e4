import type { Bytes } from '../core/bytes.ts'
import type { Verb } from './dialogue.ts'
import { auth } from './verbs/auth.ts'
import { bdat } from './verbs/bdat.ts'
import { data } from './verbs/data.ts'
import { xclient, xforward } from './verbs/front.ts'
import { ehlo, helo } from './verbs/hello.ts'
import { mail } from './verbs/mail.ts'
import { help, noop, quit, rset, unimplemented, vrfy } from './verbs/plain.ts'
import { rcpt } from './verbs/rcpt.ts'
import { starttls } from './verbs/starttls.ts'

/** The commands of a session by their verbs in lower case (spec network.md 4.2). A new one is a file in verbs/ and a word here. */
const verbs = new Map<Bytes, Verb>(Object.entries({ mail, rcpt, data, bdat, auth, helo, ehlo, rset, noop, help, vrfy, quit, starttls, xclient, xforward }))

/** What a verb, in lower case, does. Those that are not known say so. */
export const verbOf = (verb: Bytes): Verb => verbs.get(verb) ?? unimplemented
