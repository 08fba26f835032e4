import { reason } from '../../core/failure.ts'
import type { State } from '../state.ts'
import { readNoticeSettings } from './settings.ts'

/** SIGHUP: reads the settings of notices again. What cannot be read is said, and the old ones stay. */
export const rereadNotices = ({ settings, log }: State): void => {
  try {
    settings.notices = readNoticeSettings(settings.home)
  } catch (error) {
    log.line(`alert: unable to reread controls: ${reason(error)}`)
  }
}
