/** JSON for other programs, one line, ASCII only: byte strings come out as one \u00xx a byte. */
export const jsonLine = (value: unknown): string =>
  `${JSON.stringify(value).replace(/[^\0-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`

/** Does the command line ask for JSON? Nothing else is an option of the programs that show things. */
export const wantsJson = (args: readonly string[]): boolean => args[0] === '--json'
