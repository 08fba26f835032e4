import { Permanent } from '../src/core/failure.ts'
import { run } from '../src/core/run.ts'

run('qmail-send', () => {
  throw new Permanent('not built yet')
})
