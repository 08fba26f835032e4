import type { Bytes } from '../core/bytes.ts'
import type { AuthAnswer, AuthRequest } from '../serve/auth-door.ts'
import { runChecker } from '../serve/run-checker.ts'
import type { Guesses } from './guesses.ts'
import { Turns } from './turns.ts'

const CHECKERS_AT_A_TIME = 16
const MAX_WAITING = 100
/** Attempts that are held back for guessing: more than these are refused unchecked, so that they cost no memory. */
const MAX_SLOWED = 1000

export interface AuthdOptions {
  /** The checker and its arguments. Throws when control/checkpassword cannot be read. */
  readProgram: () => readonly Bytes[]
  path: Bytes
  guesses: Guesses
  log: (line: string) => void
}

/** Answers requests: remembers who guesses, and has the checker run, so many at a time. */
export class Authd {
  readonly #options: AuthdOptions
  readonly #turns = new Turns(CHECKERS_AT_A_TIME, MAX_WAITING)
  #slowed = 0

  constructor(options: AuthdOptions) {
    this.#options = options
  }

  /** Never fails: what cannot be told is temporary. */
  readonly answer = async (request: AuthRequest): Promise<AuthAnswer> => {
    const { guesses } = this.#options
    const { waitMilliseconds, isRefused } = guesses.treat(request.ip, request.user)
    if (isRefused) return { kind: 'refused' }
    if (waitMilliseconds > 0 && !(await this.#slow(waitMilliseconds))) return { kind: 'refused' }
    const answer = (await this.#turns.take(() => this.#check(request))) ?? { kind: 'temporary' as const }
    if (answer.kind === 'refused') guesses.failed(request.ip, request.user)
    else if (answer.kind === 'good') guesses.succeeded(request.ip)
    return answer
  }

  /** False: too many wait like this. */
  async #slow(milliseconds: number): Promise<boolean> {
    if (this.#slowed >= MAX_SLOWED) return false
    this.#slowed++
    await new Promise((resolve) => setTimeout(resolve, milliseconds))
    this.#slowed--
    return true
  }

  async #check(request: AuthRequest): Promise<AuthAnswer> {
    const { readProgram, path, log } = this.#options
    try {
      const { ip, localIp, service } = request
      const env = { PATH: path, PROTO: 'TCP', TCPREMOTEIP: ip, TCPLOCALIP: localIp, SERVICE: service }
      return await runChecker({ program: readProgram(), env, cwd: '/', log }, request)
    } catch (error) {
      log(`warning: ${error instanceof Error ? error.message : String(error)}`)
      return { kind: 'temporary' }
    }
  }
}
