import { createDecisions } from '../src/audit/decisions.ts'
import { readNetworks } from '../src/lib/address.ts'
import type { Principal } from '../src/lib/principal.ts'
import { createMetrics } from '../src/observe/metrics.ts'
import { compilePolicy } from '../src/policies/compile.ts'
import type { CompiledPolicy } from '../src/policies/compile.ts'
import { readPolicyFile } from '../src/policies/policy-file.ts'
import { nginx } from '../src/verify/dialects/nginx.ts'
import { createGateway } from '../src/verify/gateway.ts'
import type { Gateway, GatewayParts } from '../src/verify/gateway.ts'
import { recordVerdicts } from '../src/verify/record-verdicts.ts'
import { createSettle } from '../src/verify/verdict.ts'
import { createSessionCookies } from '../src/web/session-cookies.ts'
import type { DirectRow } from './direct.ts'
import { finding } from './sessions/finding.ts'
import type { Finding } from './sessions/finding.ts'
import { median } from './statistics.ts'

const HOST = 'wiki.example.com'
const POLICY = `
version: 1
apps:
  - name: wiki
    hosts: [${HOST}]
    rules:
      - require: {}
`
const PEOPLE = 1_000
const VERIFIES = 100_000
const ROUNDS = 15
/** Of all that a verify costs the gateway. */
const AT_MOST_PERCENT = 5
const WHOLE = 'postern, unix'

/**
 * Microseconds of CPU that metrics, sums, samples and the log add to a warm verify, writing them included: the program's
 * own gateway with and without them in turns, in this process, for a thousand people.
 */
export async function measureRecording(rounds = ROUNDS): Promise<number> {
  const [bare, recording] = [createBare(), createRecording()]
  await timeVerifies(bare)
  await timeVerifies(recording)
  const more: number[] = []
  for (let round = 0; round < rounds; round++) {
    const [one, other] = round % 2 === 0 ? [bare, recording] : [recording, bare]
    const times = new Map([[one, await timeVerifies(one)]])
    times.set(other, await timeVerifies(other))
    more.push((times.get(recording) ?? 0) - (times.get(bare) ?? 0))
  }
  return median(more)
}

/** The same as a share of what the whole program spends on one that it is asked directly. */
export function recordingFindings(addedUs: number, direct: readonly DirectRow[]): Finding[] {
  const whole = direct.find((row) => row.case === WHOLE)?.gateway_cpu_us ?? null
  const added = finding('recording, added to a verify', addedUs, 'µs')
  if (whole === null) return [added]
  const share = (100 * addedUs) / (whole - addedUs)
  return [added, finding('verify with audit, metrics and sampling', share, '% more', AT_MOST_PERCENT)]
}

interface Measured {
  readonly gateway: Gateway
  readonly flush: () => Promise<void>
}

function createBare(): Measured {
  return { gateway: gatewayOf((settle) => settle, { verified: () => undefined }), flush: async () => undefined }
}

function createRecording(): Measured {
  const metrics = createMetrics()
  const decisions = createDecisions({
    database: { query: async () => [] },
    log: { info: () => undefined },
    policyVersion: () => 1,
    logOneIn: 1_000,
    onDropped: (why, count) => metrics.decisionsDropped(why, count),
    onRepeated: () => metrics.decisionsRepeated(1),
    now: () => performance.now(),
    clock: () => Date.now(),
  })
  const gateway = gatewayOf((settle, policy) => recordVerdicts(settle, decisions, policy), metrics)
  return { gateway, flush: () => decisions.end() }
}

function gatewayOf(
  record: (settle: GatewayParts['settle'], policy: () => CompiledPolicy) => GatewayParts['settle'],
  metrics: GatewayParts['metrics'],
): Gateway {
  const read = readPolicyFile(POLICY)
  const trustedProxies = readNetworks([])
  if (Array.isArray(read) || typeof trustedProxies === 'string') throw new Error('the policy of the bench is wrong')
  const compiled = compilePolicy(read)
  const policy = (): CompiledPolicy => compiled
  const people = Array.from({ length: PEOPLE }, (_, number) => person(number))
  let asked = 0
  return createGateway({
    policy,
    sessions: { find: () => people[asked++ % PEOPLE] ?? null },
    machines: { find: () => null },
    isInScope: () => true,
    outage: { unreachable: false },
    cookies: createSessionCookies(new URL('https://auth.example.com'), null),
    watch: () => undefined,
    callers: { trustedProxies, secrets: null },
    settle: record(createSettle(policy), policy),
    metrics,
    log: { error: () => undefined },
  })
}

function person(number: number): Principal {
  const userId = `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`
  const name = `person-${number}`
  return {
    userId,
    signInId: userId,
    login: name,
    email: `${name}@example.com`,
    name,
    roles: [],
    factors: { password: 0 },
    absoluteExpiresAt: Number.MAX_SAFE_INTEGER,
  }
}

async function timeVerifies({ gateway, flush }: Measured): Promise<number> {
  const described = {
    'X-Original-Method': 'GET',
    'X-Original-Proto': 'https',
    'X-Original-Host': HOST,
    'X-Original-URI': '/some/page',
    'X-Real-IP': '203.0.113.7',
    Cookie: '__Host-postern_app=token',
  }
  const rawHeaders = Object.entries(described).flat()
  const request = { rawHeaders, method: 'GET', target: '', peer: null, appName: null }
  const answer = await gateway(nginx, request)
  if (answer.status !== 200) throw new Error(`a verify of the bench was answered with ${answer.status}`)
  const { user: before } = process.cpuUsage()
  for (let count = 0; count < VERIFIES; count++) void gateway(nginx, request)
  await flush()
  return (process.cpuUsage().user - before) / VERIFIES
}
