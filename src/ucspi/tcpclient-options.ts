import type { Verbosity } from '../accept/log.ts'
import { type Bytes, leadingNumber } from '../core/bytes.ts'
import { Usage } from '../core/failure.ts'
import { getopt } from '../core/getopt.ts'
import type { NameOptions } from '../net/find-names.ts'

/** What tcpclient was told (spec network.md 2.4). */
export interface TcpclientOptions extends NameOptions {
  verbosity: Verbosity
  localIp: Bytes | undefined
  localPort: number
  /** How long an address is tried, in seconds: at first, and once more when others have been tried. */
  patience: [first: number, again: number]
  noDelay: boolean
  /** Which families a name's addresses may be of. */
  families: (4 | 6)[]
  host: Bytes
  port: Bytes
  program: Bytes
  args: Bytes[]
}

const DEFAULTS: Omit<TcpclientOptions, 'host' | 'port' | 'program' | 'args'> = {
  verbosity: 'errors',
  localIp: undefined,
  localPort: 0,
  patience: [2, 58],
  noDelay: false,
  families: [4, 6],
  localName: undefined,
  looksUpRemote: true,
  isParanoid: false,
  asksIdent: true,
  identSeconds: 26
}

const number = (text: Bytes): number => leadingNumber(text) ?? 0

const patienceOf = (text: Bytes): [number, number] => {
  const [first = '', again] = text.split('+', 2)
  return [number(first), again === undefined ? DEFAULTS.patience[1] : number(again)]
}

const setters: Record<string, (value: Bytes) => Partial<TcpclientOptions>> = {
  4: () => ({ families: [4] }),
  6: () => ({ families: [6] }),
  q: () => ({ verbosity: 'silent' }),
  Q: () => ({ verbosity: 'errors' }),
  v: () => ({ verbosity: 'status' }),
  d: () => ({ noDelay: false }),
  D: () => ({ noDelay: true }),
  h: () => ({ looksUpRemote: true }),
  H: () => ({ looksUpRemote: false }),
  r: () => ({ asksIdent: true }),
  R: () => ({ asksIdent: false }),
  i: (value) => ({ localIp: value }),
  p: (value) => ({ localPort: number(value) }),
  T: (value) => ({ patience: patienceOf(value) }),
  l: (value) => ({ localName: value }),
  t: (value) => ({ identSeconds: number(value) })
}

/** As ucspi-tcp has it, which is recorded; options of our own stand in the manual. */
const USAGE =
  'tcpclient: usage: tcpclient [ -hHrRdDqQv ] [ -i localip ] [ -p localport ] [ -T timeoutconn ] [ -l localname ] [ -t timeoutinfo ] host port program'

/** Reads the command line. Throws Usage. */
export const tcpclientOptions = (args: readonly Bytes[]): TcpclientOptions => {
  const { options, operands } = getopt('tcpclient', '46dDvqQhHrRi:p:t:T:l:', USAGE, args)
  const set = options.map(({ letter, value }) => setters[letter]?.(value))
  const [host, port, program, ...rest] = operands
  if (host === undefined || port === undefined || program === undefined) throw new Usage(USAGE)
  return Object.assign({ ...DEFAULTS, host, port, program, args: rest }, ...set)
}
