import { createHash } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode } from '../src/core/failure.ts'
import { programRows } from '../src/suite/programs.ts'

const digestsFile = (home: string): string => join(home, 'lib', 'digests')

const digestOf = (file: string): string | undefined => {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Writes down what each program holds as it was installed, in the form of sha256sum. */
export const layDigests = (home: string): void => {
  const lines = programRows.map(([name]) => `${digestOf(join(home, 'bin', name)) ?? ''}  bin/${name}\n`)
  writeFileSync(`${digestsFile(home)}.new`, lines.join(''))
  renameSync(`${digestsFile(home)}.new`, digestsFile(home))
}

/** The programs that are there and hold something else than was installed. */
export const changedPrograms = (home: string): string[] => {
  let text: string
  try {
    text = readFileSync(digestsFile(home), 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
  const installed = new Map(text.split('\n').map((line) => [line.slice(66), line.slice(0, 64)]))
  return programRows
    .map(([name]) => name)
    .filter((name) => {
      const [was, is] = [installed.get(`bin/${name}`), digestOf(join(home, 'bin', name))]
      return is !== undefined && was !== undefined && is !== was
    })
}
