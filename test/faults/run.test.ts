import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeReport, reportOf } from './report.ts'
import { promisesOf, run } from './run.ts'
import { planFaults } from './schedule.ts'
import { startWorld } from './world.ts'
import { IS_LONG } from '../support/long.ts'

const RUNS = [1, 2, 3, 4, 5].map((seed) => ({ seed, minutes: 2 }))

for (const { seed, minutes } of RUNS) {
  test(
    `no promise is broken by the faults of seed ${seed}`,
    { skip: !IS_LONG && 'in the long suites', timeout: minutes * 60_000 + 120_000 },
    async (t) => {
      const closers: (() => Promise<void>)[] = []
      t.after(async () => {
        for (const close of closers) await close()
      })
      const world = await startWorld({ after: (close) => void closers.unshift(close) }, { store: 'replicated' })
      const schedule = planFaults(seed, minutes, world.gateways.length)
      const history = await run(world, { planned: schedule, lastsMs: minutes * 60_000, seed, tell: () => undefined })
      const report = reportOf({ seed, minutes, schedule, history, promises: promisesOf(world) })
      assert.equal(report.violations.length, 0, describeReport(report))
      t.diagnostic(describeReport(report))
    },
  )
}
