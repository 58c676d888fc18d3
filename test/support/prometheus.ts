import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { stringify, parse } from 'yaml'
import { temporaryDirectory } from './directories.ts'
import { PROMETHEUS } from './monitoring.ts'
import { freePort } from './ports.ts'
import { until } from './until.ts'

/** A rule as the server tells of it. */
export interface LiveRule {
  readonly name: string
  readonly type: 'alerting' | 'recording'
  /** How its last evaluation went. */
  readonly health: 'ok' | 'err' | 'unknown'
  readonly lastError?: string
  /** When that was, as ISO 8601. */
  readonly lastEvaluation: string
  /** Of an alert: whether it would fire. */
  readonly state?: 'inactive' | 'pending' | 'firing'
}

export interface PrometheusServer {
  readonly rules: () => Promise<LiveRule[]>
  /** The value of an expression that gives one; null for none. */
  readonly value: (expression: string) => Promise<number | null>
}

const READY_MS = 30_000

/** Starts Prometheus with the files that are shipped, on this one target; it looks and thinks once a second. */
export async function startPrometheus(t: TestContext, target: string): Promise<PrometheusServer> {
  const folder = await temporaryDirectory(t)
  for (const name of ['alerts.yaml', 'recording.yaml']) cpSync(join(PROMETHEUS, name), join(folder, name))
  const file = join(folder, 'prometheus.yaml')
  writeFileSync(file, configFor(target))
  const address = `127.0.0.1:${await freePort()}`
  const child = spawn(
    'prometheus',
    [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=${address}`],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const closed = once(child, 'close')
  t.after(async () => {
    child.kill('SIGKILL')
    await closed
  })
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
  const ask = (path: string): Promise<unknown> => askPrometheus(`http://${address}/${path}`)
  await until('Prometheus is ready', READY_MS, async () => {
    if (child.exitCode !== null) throw new Error(log)
    return fetch(`http://${address}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    )
  })
  return { rules: async () => rulesOf(await ask('api/v1/rules')), value: (expression) => valueOf(ask, expression) }
}

function configFor(target: string): string {
  const shipped = parse(readFileSync(join(PROMETHEUS, 'prometheus.example.yaml'), 'utf8')) as object
  const global = { scrape_interval: '1s', evaluation_interval: '1s' }
  const scrape_configs = [{ job_name: 'postern', static_configs: [{ targets: [target] }] }]
  return stringify({ ...shipped, global, scrape_configs })
}

async function askPrometheus(url: string): Promise<unknown> {
  const answer = await fetch(url)
  const { data } = (await answer.json()) as { data: unknown }
  return data
}

function rulesOf(data: unknown): LiveRule[] {
  return (data as { groups: { rules: LiveRule[] }[] }).groups.flatMap(({ rules }) => rules)
}

async function valueOf(ask: (path: string) => Promise<unknown>, expression: string): Promise<number | null> {
  const data = await ask(`api/v1/query?query=${encodeURIComponent(expression)}`)
  const [found] = (data as { result: { value: [number, string] }[] }).result
  return found === undefined ? null : Number(found.value[1])
}
