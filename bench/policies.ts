import { setImmediate as takeTurns } from 'node:timers/promises'
import { readNetworks } from '../src/lib/address.ts'
import { compilePolicyInSlices } from '../src/policies/compile.ts'
import type { CompiledPolicy } from '../src/policies/compile.ts'
import { readPolicyAside } from '../src/policies/read-aside.ts'
import { nginx } from '../src/verify/dialects/nginx.ts'
import { createGateway } from '../src/verify/gateway.ts'
import type { Gateway } from '../src/verify/gateway.ts'
import { createSettle } from '../src/verify/verdict.ts'
import { createSessionCookies } from '../src/web/session-cookies.ts'
import type { BenchOptions } from './bench.ts'
import { finding } from './sessions/finding.ts'
import type { Finding } from './sessions/finding.ts'
import { median } from './statistics.ts'

/** Rules in all, ten to an app. */
const SIZES = [10, 100, 1_000, 10_000] as const
const RULES_OF_AN_APP = 10
const VERIFIES = 100_000
const GOAL_MS = 1_000
const GOAL_RATIO = 1.1

interface Measured {
  readonly rules: number
  readonly readyMs: number
  readonly stallMs: number
  readonly gateway: Gateway
  readonly host: string
  readonly times: number[]
}

/** Measures what rules cost: until a policy is in force, and for each request then. */
export async function measurePolicies({ rounds, signal, progress }: BenchOptions): Promise<Finding[]> {
  const measured: Measured[] = []
  for (const rules of SIZES) {
    progress(`making ${rules} rules ready`)
    measured.push(await makeReady(rules))
  }
  progress('asking with each of them')
  // The first round only warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const each of measured) {
      signal.throwIfAborted()
      const microseconds = timeVerifies(each)
      if (round > 0) each.times.push(microseconds)
    }
  }
  const [few = 1] = measured.map(({ times }) => median(times))
  return measured.flatMap(({ rules, readyMs, stallMs, times }) => [
    finding(`${rules} rules, until they are in force`, readyMs, 'ms', GOAL_MS),
    finding(`${rules} rules, longest pause of verify meanwhile`, stallMs, 'ms'),
    finding(`${rules} rules, one verify without HTTP`, median(times), 'µs'),
    finding(`${rules} rules, the same against 10 rules`, median(times) / few, 'times', GOAL_RATIO),
  ])
}

async function makeReady(rules: number): Promise<Measured> {
  const apps = rules / RULES_OF_AN_APP
  const pauses = watchPauses()
  const startedAt = performance.now()
  const policy = await readPolicyAside(policyOf(apps))
  if (Array.isArray(policy)) throw new Error(policy[0]?.message)
  const compiled = await compilePolicyInSlices(policy, takeTurns)
  const readyMs = performance.now() - startedAt
  return {
    rules,
    readyMs,
    stallMs: pauses.longest(),
    gateway: gatewayOf(compiled),
    host: `app-${apps - 1}.example.com`,
    times: [],
  }
}

function policyOf(apps: number): string {
  const rules = Array.from(
    { length: RULES_OF_AN_APP - 2 },
    (_, place) => `      - { path: /area-${place}/*/edit, methods: [GET, POST], require: { role: staff } }`,
  )
  const app = (place: number): string =>
    [
      `  - name: app-${place}`,
      `    hosts: [app-${place}.example.com]`,
      '    rules:',
      ...rules,
      '      - { path: /public/**, allow: anyone }',
      '      - require: {}',
    ].join('\n')
  return [
    'version: 1',
    'roles: { staff: [] }',
    'apps:',
    ...Array.from({ length: apps }, (_, place) => app(place)),
    '',
  ].join('\n')
}

/** The program's own gateway; nobody is signed in, so no session is looked for. */
function gatewayOf(compiled: CompiledPolicy): Gateway {
  const trustedProxies = readNetworks([])
  if (typeof trustedProxies === 'string') throw new Error(trustedProxies)
  const policy = (): CompiledPolicy => compiled
  const log = { info: () => undefined, error: () => undefined }
  return createGateway({
    policy,
    sessions: { find: () => null },
    machines: { find: () => null },
    isInScope: () => true,
    outage: { unreachable: false },
    cookies: createSessionCookies(new URL('https://auth.example.com'), null),
    watch: () => undefined,
    callers: { trustedProxies, secrets: null },
    settle: createSettle(policy, { basicPassword: '', signAssertion: null }),
    metrics: { verified: () => undefined },
    log,
  })
}

/** Microseconds of CPU for one verify of a page that is open to everybody. */
function timeVerifies({ gateway, host }: Measured): number {
  const described = {
    'X-Original-Method': 'GET',
    'X-Original-Proto': 'https',
    'X-Original-Host': host,
    'X-Original-URI': '/public/style/page',
    'X-Real-IP': '203.0.113.7',
  }
  const request = {
    rawHeaders: Object.entries(described).flat(),
    method: 'HEAD',
    target: '',
    peer: null,
    appName: null,
  }
  const { user: before } = process.cpuUsage()
  for (let count = 0; count < VERIFIES; count++) void gateway(nginx, request)
  return (process.cpuUsage().user - before) / VERIFIES
}

function watchPauses(): { longest(): number } {
  let longest = 0
  let last = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    longest = Math.max(longest, now - last - 1)
    last = now
  }, 1)
  return {
    longest() {
      clearInterval(timer)
      return longest
    },
  }
}
