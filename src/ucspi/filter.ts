import { chunks, writeFd } from '../core/fdio.ts'
import type { Filter } from '../format/crlf.ts'

/** Filters descriptor 0 into descriptor 1, to the end. Throws system errors. */
export const filterThrough = (filter: Filter): void => {
  for (const chunk of chunks(0)) writeFd(1, filter.push(chunk))
  writeFd(1, filter.end())
}
