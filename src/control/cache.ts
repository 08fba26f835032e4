import { join } from 'node:path'
import { FileCache } from '../core/file-cache.ts'

/** The settings for many sessions of a resident process: read again whenever one of the files is not the same as before. */
export class SettingsCache<S> extends FileCache<S> {
  /** `names`: the files of control/ that `read` reads. */
  constructor(home: string, names: readonly string[], read: () => S) {
    const folder = join(home, 'control')
    super(
      names.map((name) => join(folder, name)),
      read,
      folder
    )
  }
}
