import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { request } from 'undici'
import { IS_LONG } from '../support/long.ts'
import type { RedisServer } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { startClients } from './clients.ts'
import type { Gateway } from './gateway.ts'
import { assertKept, sceneIn } from './scene.ts'
import type { Scene } from './scene.ts'
import { HOST } from './world.ts'
import type { World } from './world.ts'

const DOCS = join(import.meta.dirname, '../../docs/redis.md')
const RIGHTS = /^ACL SETUSER (postern) on >(\S+) (.+)$/m
const AT_ONCE = 30
/** How long people use Postern before and after something happens. */
const CALM_MS = IS_LONG ? 10_000 : 700

/** The user that docs/redis.md tells operators to make, as arguments of `redis-server` and for the URL. */
export function documentedUser(): { args: readonly string[]; user: string } {
  const [, name = '', password = '', rights = ''] = RIGHTS.exec(readFileSync(DOCS, 'utf8')) ?? []
  assert.ok(rights)
  return { args: ['--user', name, 'on', `>${password}`, ...rights.split(' ')], user: `${name}:${password}@` }
}

/** Something that happens to Redis while people use Postern. */
export interface Drill {
  readonly world: World
  /** Does it, and resolves when Redis is whole again for all processes; gives what is to be told. */
  readonly happens: (scene: Scene) => Promise<string>
}

/**
 * Lets people sign in, be verified, out and revoked while it happens. No answer may be wrong, none missing for
 * Redis's sake, no process started again, and who keeps the right password gets in throughout.
 */
export async function drill(t: TestContext, { world, happens }: Drill): Promise<void> {
  const scene = sceneIn(t, world)
  const clients = await startClients(world, scene, 1)
  let told: string
  try {
    await delay(CALM_MS)
    told = await happens(scene)
    await delay(CALM_MS)
  } finally {
    await clients.stop()
  }
  await scene.pastBound()
  for (const gateway of world.gateways)
    for (const signedIn of clients.live) await scene.verify(gateway, { ...signedIn, atEnd: true })
  assertKept(scene)
  const { verifies, unanswered, lockedOut, counts } = countsOf(scene)
  // The checker has judged what was not answered: the machine may have had no time for the database.
  assert.equal(lockedOut, 0)
  assert.deepEqual(
    world.gateways.map(({ life }) => life),
    world.gateways.map(() => 1),
  )
  t.diagnostic(`${told}; ${verifies} verify requests, ${unanswered} failed, 0 wrong; ${counts}`)
}

function countsOf({ recorder: { calls }, world }: Scene): {
  verifies: number
  unanswered: number
  lockedOut: number
  counts: string
} {
  const verifies = calls.filter((call) => call.kind === 'verify')
  const unanswered = verifies.filter(({ status }) => status === null || status >= 500)
  const signIns = calls.filter((call) => call.kind === 'sign_in' && !call.wrongPassword)
  // Those at the head of the list are never disabled.
  const kept = signIns.filter((call) => call.kind === 'sign_in' && world.users.slice(0, 4).includes(call.login))
  const ended = calls.filter(({ kind, status }) => (kind === 'sign_out' || kind === 'revoke') && status === 200)
  const times = verifies.map(({ sentAt, receivedAt }) => receivedAt - sentAt).sort((one, other) => one - other)
  const at = (share: number): string => (times[Math.floor((times.length - 1) * share)] ?? 0).toFixed(1)
  return {
    verifies: verifies.length,
    unanswered: unanswered.length,
    lockedOut: kept.filter(({ status }) => status !== 200).length,
    counts: `${signIns.length} sign-ins, ${ended.length} endings; verify p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)} ms`,
  }
}

/** Resolves once every process asks the server, which nobody else does. */
export async function isAskedByAll(server: RedisServer, world: World): Promise<void> {
  await until('all processes ask it', 40_000, () => connectionsOf(server) >= world.gateways.length)
  server.run(['config', 'resetstat'])
  await until('it is read', 20_000, () => commandsOf(server, ['getrange']) > 0)
}

/** Resolves once Redis is whole to a process. */
export async function hasRedis(gateway: Gateway): Promise<void> {
  await until(`process ${gateway.index} has Redis`, 40_000, async () => {
    const answer = await request(`${gateway.ops}/health/detail`, { dispatcher: gateway.agent })
    const { parts } = (await answer.body.json()) as { parts: Record<string, { status: string }> }
    return parts['redis']?.status === 'ok'
  })
}

/** How many connections Postern has to it. */
export function connectionsOf(server: RedisServer): number {
  return server.run(['client', 'list', 'type', 'normal']).match(/ name=postern /g)?.length ?? 0
}

/** How often these were run since the server was started. */
export function commandsOf(server: RedisServer, names: readonly string[]): number {
  const stats = server.run(['info', 'commandstats'])
  const counts = names.map((name) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0))
  return counts.reduce((sum, count) => sum + count, 0)
}

/**
 * Sends from a network of its own what nobody could sign in with.
 * @returns how often that was let through, and how often it was too much
 */
export async function askOften(gateway: Gateway, times: number): Promise<{ through: number; tooMuch: number }> {
  const headers = { host: HOST, 'content-type': 'application/json', 'x-forwarded-for': '198.51.100.9' }
  const url = `${gateway.portal}/.postern/api/v2/auth/login`
  const ask = async (): Promise<number> => {
    const answer = await request(url, { dispatcher: gateway.agent, method: 'POST', headers, body: '{}' })
    await answer.body.dump()
    return answer.statusCode
  }
  const statuses: number[] = []
  while (statuses.length < times) statuses.push(...(await Promise.all(Array.from({ length: AT_ONCE }, ask))))
  const tooMuch = statuses.filter((status) => status === 429).length
  return { through: times - tooMuch, tooMuch }
}

/** What a user was refused for want of rights. */
export function refusalsOf(server: RedisServer): string[] {
  const log = server.run(['acl', 'log'])
  return [...log.matchAll(/^reason\n(.*)\ncontext\n.*\nobject\n(.*)\nusername\n(.*)$/gm)].map((found) =>
    found.slice(1).join(' '),
  )
}

/** What of a server's keys should not be there: a name that isn't ours, or a principal that can be read. */
export function oddKeysOf(server: RedisServer): string[] {
  const keys = server.run(['keys', '*']).trim().split('\n').filter(Boolean)
  return keys.filter((key) => {
    if (!/^(?:postern:(?:principal|rate):|\{postern:attempts:[^}]+\}:)/.test(key)) return true
    return key.startsWith('postern:principal:') && /user\d|example\.com/.test(server.run(['get', key]))
  })
}
