import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSite } from '../support/e2e.ts'
import { administer, startPostgres } from '../support/postgres.ts'
import { startPostern } from '../support/postern-process.ts'
import { startPrometheus } from '../support/prometheus.ts'
import type { LiveRule } from '../support/prometheus.ts'
import { readAlerts, readRecordings } from '../support/monitoring.ts'
import { until } from '../support/until.ts'
import { IS_LONG } from '../support/long.ts'

const LOOKED_MS = 60_000
/** What is raised, or about to be, while the database is gone. */
const OUTAGE = ['PosternGraceRunningOut', 'PosternDegraded', 'PosternChangesNotRead']

test(
  'Prometheus with the shipped rules finds nothing wrong with an idle gateway',
  { skip: !IS_LONG && 'in the long suites', timeout: 120_000 },
  async (t) => {
    const postern = await startPostern(t, {})
    const prometheus = await startPrometheus(t, postern.env['POSTERN_OPS_LISTEN'] ?? '')
    await until('three scrapes', LOOKED_MS, async () => {
      return ((await prometheus.value('count_over_time(postern_policy_version[5m])')) ?? 0) >= 3
    })
    const scraped = Date.now()
    let rules: LiveRule[] = []
    // What a busy machine makes of the start passes.
    await until('nothing is amiss', LOOKED_MS, async () => {
      rules = await prometheus.rules()
      return rules.every((rule) => Date.parse(rule.lastEvaluation) > scraped && !isAmiss(rule))
    }).catch((error: unknown) => {
      assert.deepEqual(rules.filter(isAmiss), [])
      throw error
    })
    assert.equal(rules.length, readAlerts().length + readRecordings().length)
    assert.equal(await prometheus.value('up{job="postern"}'), 1)
  },
)

test(
  'Prometheus tells of a database that is gone, and of its return',
  { skip: !IS_LONG && 'in the long suites', timeout: 120_000 },
  async (t) => {
    const server = await startPostgres()
    t.after(() => server.close())
    await administer(server.urlPrefix, 'create database postern')
    const env = { POSTERN_OUTAGE_GRACE: '25s' }
    const { postern } = await startSite(t, { verify: 'unix', databaseUrl: `${server.urlPrefix}postern`, env })
    const prometheus = await startPrometheus(t, postern.env['POSTERN_OPS_LISTEN'] ?? '')
    const stateOf = async (alert: string): Promise<string | undefined> => {
      const rules = await prometheus.rules()
      return rules.find(({ name }) => name === alert)?.state
    }
    await until('a first look', LOOKED_MS, async () => (await prometheus.value('postern_policy_version')) === 1)
    assert.equal(await stateOf('PosternGraceRunningOut'), 'inactive')
    await server.kill()
    await until('somebody is woken', LOOKED_MS, async () => (await stateOf('PosternGraceRunningOut')) === 'firing')
    await until('the rest is noticed', LOOKED_MS, async () => {
      const states = await Promise.all(OUTAGE.map(stateOf))
      return states.every((state) => state !== 'inactive')
    })
    await server.start()
    await until('it is over', LOOKED_MS, async () => {
      const states = await Promise.all(OUTAGE.map(stateOf))
      return states.every((state) => state === 'inactive')
    })
  },
)

function isAmiss({ health, type, state }: LiveRule): boolean {
  return health !== 'ok' || (type === 'alerting' && state !== 'inactive')
}
