import { setTimeout as delay } from 'node:timers/promises'
import { lockDirectory } from '../../src/store/directory-lock.ts'

// Takes a data directory without keeping what it gets, has memory tidied up, says so and waits. Wants --expose-gc.
lockDirectory(process.argv[2] ?? '')
for (let round = 0; round < 3; round += 1) {
  globalThis.gc?.()
  await delay(10)
}
process.stdout.write('tidied\n')
await delay(60_000)
