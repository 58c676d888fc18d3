import { setTimeout as delay } from 'node:timers/promises'
import { startRedis } from '../../test/support/redis.ts'
import { asTestContext } from '../place.ts'
import { cpuTimeUs } from '../processes.ts'
import { startGateway } from '../sessions/gateway.ts'
import type { ServingGateway } from '../sessions/gateway.ts'
import type { Ground } from '../sessions/ground.ts'
import { askAll } from '../sessions/memory.ts'
import { runOpenLoop } from '../sessions/open-loop.ts'
import { signInAt, signOut } from '../sessions/portal.ts'
import { connectMany } from '../sessions/verify-connection.ts'
import type { VerifyConnection } from '../sessions/verify-connection.ts'
import type { Coefficients } from './model.ts'
import type { PostgresUse } from './postgres-use.ts'

/** What was used, of the processor in microseconds. */
interface Used {
  /** Of each gateway. */
  readonly gatewayUs: readonly number[]
  readonly postgresUs: number
  readonly statements: number
  readonly redisUs: number
}

interface Meter {
  readonly gateways: readonly ServingGateway[]
  readonly postgres: PostgresUse
  readonly redisPid?: number
}

const CONNECTIONS = 64
const KNOWN = 2_000
const UNKNOWN = 8_000
const PER_SECOND = { slow: 1_000, fast: 4_000 }
const IDLE_S = 10
const SIGN_INS = 60
const ENDS = 200
/** What starting leaves to do. */
const SETTLE_MS = 2_000
const PAUSE_MS = 20
const ALLOWED = 200
const REFUSED = 401

type Gateway = Coefficients['gateway']
type Postgres = Coefficients['postgres']

/** What the parts below find out; memory and disk are measured elsewhere. */
export interface Costs {
  readonly gateway: Omit<Gateway, 'baseBytes' | 'principalBytes'>
  readonly postgres: Pick<
    Postgres,
    'idleUs' | 'l3Us' | 'signInUs' | 'endUs' | 'idleStatements' | 'signInStatements' | 'endStatements'
  >
  readonly redis: Coefficients['redis']
}

/** What each kind of request and errand costs at moderate rates, what idle processes use taken off. */
export async function measureCosts(ground: Ground, postgres: PostgresUse): Promise<Costs> {
  const one = await startGateway(ground.place, ground.opened)
  const other = await startGateway(ground.place, ground.opened)
  const meter: Meter = { gateways: [one, other], postgres }
  await delay(SETTLE_MS)
  const idle = await use(meter, () => delay(IDLE_S * 1_000))
  const perSecond = { gatewayUs: idle.gatewayUs.map((us) => us / IDLE_S), postgresUs: idle.postgresUs / IDLE_S }
  const idleStatements = idle.statements / IDLE_S / meter.gateways.length
  const rates = { ...perSecond, statements: idle.statements / IDLE_S }
  const verifies = await measureVerifies(ground, meter, rates)
  const errands = await measureErrands(ground, meter, rates)
  const tier = await measureSecondTier(ground, { postgres, idleUs: perSecond.gatewayUs[0] ?? 0 })
  return {
    gateway: {
      idleUs: perSecond.gatewayUs[0] ?? 0,
      ...verifies.gateway,
      ...errands.gateway,
      l2Us: Math.max(0, tier.l2Us - verifies.gateway.awakeUs / PER_SECOND.slow),
    },
    postgres: {
      idleUs: perSecond.postgresUs / meter.gateways.length,
      idleStatements,
      l3Us: verifies.l3PostgresUs,
      ...errands.postgres,
    },
    redis: tier.redis,
  }
}

interface Rates {
  readonly gatewayUs: readonly number[]
  readonly postgresUs: number
  readonly statements: number
}

async function measureVerifies({ opened, signInMany, seconds }: Ground, meter: Meter, rates: Rates) {
  const known = await signInMany(KNOWN)
  const unknown = await signInMany(UNKNOWN)
  const connections = await connectMany(meter.gateways[0]?.verify ?? '', CONNECTIONS, { opened })
  await askAll(connections, known)
  const costOf = async (perSecond: number, tokens: readonly string[], status = ALLOWED, lasts = seconds * 3) => {
    const asked = { connections, perSecond, tokens, status, seconds: lasts }
    const used = await use(meter, () => askSteadily(asked))
    const each = (us: number, idleUs: number): number => (us - idleUs * lasts) / (perSecond * lasts)
    return {
      gatewayUs: each(used.gatewayUs[0] ?? 0, rates.gatewayUs[0] ?? 0),
      postgresUs: each(used.postgresUs, rates.postgresUs),
    }
  }
  const [slow, fast] = [await costOf(PER_SECOND.slow, known), await costOf(PER_SECOND.fast, known)]
  const nobody = await costOf(PER_SECOND.slow, [''], REFUSED)
  const forged = await costOf(PER_SECOND.slow, [`${known[0]?.slice(0, -4)}AAAA`], REFUSED)
  const l3 = await costOf(PER_SECOND.slow, unknown, ALLOWED, UNKNOWN / PER_SECOND.slow)
  const { slow: few, fast: many } = PER_SECOND
  // A process that is asked more often wakes up less often for each: a line through both rates.
  const l1Us = (fast.gatewayUs * many - slow.gatewayUs * few) / (many - few)
  const awakeUs = Math.max(0, (slow.gatewayUs - l1Us) * few)
  const beyond = (us: number): number => Math.max(0, us - awakeUs / few)
  return {
    gateway: {
      awakeUs,
      l1Us,
      l3Us: beyond(l3.gatewayUs),
      nobodyUs: beyond(nobody.gatewayUs),
      forgedUs: beyond(forged.gatewayUs),
    },
    l3PostgresUs: l3.postgresUs,
  }
}

async function measureErrands({ opened, signInMany, place }: Ground, meter: Meter, rates: Rates) {
  const [one, other] = meter.gateways
  const portal = one?.portal ?? ''
  const costOf = async (times: number, act: (turn: number) => Promise<unknown>) => {
    const startedAt = performance.now()
    const used = await use(meter, async () => {
      for (let turn = 0; turn < times; turn++, await delay(PAUSE_MS)) await act(turn)
    })
    const seconds = (performance.now() - startedAt) / 1_000
    const each = (all: number, idle: number): number => Math.max(0, (all - idle * seconds) / times)
    return {
      gatewayUs: used.gatewayUs.map((us, index) => each(us, rates.gatewayUs[index] ?? 0)),
      postgresUs: each(used.postgresUs, rates.postgresUs),
      statements: each(used.statements, rates.statements),
    }
  }
  const signIn = await costOf(SIGN_INS, () => signInAt(portal, place.password))
  const tokens = await signInMany(ENDS)
  for (const gateway of [one, other]) await askAll(await connectMany(gateway?.verify ?? '', 8, { opened }), tokens)
  const end = await costOf(ENDS, (turn) => signOut(portal, tokens[turn] ?? ''))
  return {
    gateway: {
      signInUs: signIn.gatewayUs[0] ?? 0,
      endUs: end.gatewayUs[0] ?? 0,
      heardUs: end.gatewayUs[1] ?? 0,
    },
    postgres: {
      signInUs: signIn.postgresUs,
      signInStatements: signIn.statements,
      endUs: end.postgresUs,
      endStatements: end.statements,
    },
  }
}

/** One process reads from the database and fills Redis, another finds it there. */
async function measureSecondTier(
  ground: Ground,
  { postgres, idleUs }: { postgres: PostgresUse; idleUs: number },
): Promise<{ l2Us: number; redis: Coefficients['redis'] }> {
  const server = await startRedis(asTestContext(ground.opened))
  const settings = { POSTERN_REDIS_URL: `redis://127.0.0.1:${server.port}` }
  const filling = await startGateway(ground.place, ground.opened, settings)
  const finding = await startGateway(ground.place, ground.opened, settings)
  const tokens = await ground.signInMany(UNKNOWN)
  const memory = (): number => Number(/^used_memory:(\d+)/m.exec(server.run(['info', 'memory']))?.[1])
  const redisPid = Number(/^process_id:(\d+)/m.exec(server.run(['info', 'server']))?.[1])
  const empty = memory()
  const seconds = UNKNOWN / PER_SECOND.slow
  const load = async (gateway: ServingGateway): Promise<Used> => {
    const connections = await connectMany(gateway.verify, CONNECTIONS, { opened: ground.opened })
    await delay(SETTLE_MS)
    const asked = { connections, perSecond: PER_SECOND.slow, tokens, status: ALLOWED, seconds }
    return use({ gateways: [gateway], postgres, redisPid }, () => askSteadily(asked))
  }
  await load(filling)
  const filled = memory()
  const found = await load(finding)
  return {
    l2Us: ((found.gatewayUs[0] ?? 0) - idleUs * seconds) / UNKNOWN,
    redis: { entryBytes: (filled - empty) / UNKNOWN, getUs: found.redisUs / UNKNOWN },
  }
}

interface Asked {
  readonly connections: readonly VerifyConnection[]
  readonly perSecond: number
  readonly seconds: number
  /** Take turns. */
  readonly tokens: readonly string[]
  readonly status: number
}

/** @throws Error when more than one in a hundred has another answer, as a busy machine may give */
async function askSteadily({ connections, perSecond, seconds, tokens, status }: Asked): Promise<void> {
  let [turn, others] = [0, 0]
  const send = async (connection: VerifyConnection): Promise<void> => {
    if ((await connection.ask(tokens[turn++ % tokens.length] ?? '')) !== status) others++
  }
  await runOpenLoop({ connections, perSecond, seconds, send })
  if (others > turn / 100) throw new Error(`${others} of ${turn} answers were not ${status}`)
}

async function use({ gateways, postgres, redisPid }: Meter, work: () => Promise<unknown>): Promise<Used> {
  const read = async () => ({
    gatewayUs: gateways.map(({ pids }) => cpuTimeUs(pids)),
    postgresUs: postgres.cpuUs(),
    statements: await postgres.statements(),
    redisUs: redisPid === undefined ? 0 : cpuTimeUs([redisPid]),
  })
  const before = await read()
  await work()
  const after = await read()
  return {
    gatewayUs: after.gatewayUs.map((us, index) => us - (before.gatewayUs[index] ?? 0)),
    postgresUs: after.postgresUs - before.postgresUs,
    statements: after.statements - before.statements,
    redisUs: after.redisUs - before.redisUs,
  }
}
