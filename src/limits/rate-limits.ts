import type { KeyValue } from '../store/key-value.ts'
import { KeyValueError } from '../store/key-value.ts'

/** So many a minute, and so many at once after a rest. */
export interface RateRule {
  readonly name: string
  readonly perMinute: number
  readonly burst: number
}

export type Take = { readonly ok: true } | { readonly ok: false; readonly retryAfterS: number }

/** Limits how often something is asked for. Shared by replicas over Redis, each for itself without. */
export interface RateLimits {
  /** Takes one. @param key whose share it is taken from, such as a network or a user id */
  take(rule: RateRule, key: string): Promise<Take>
}

export interface RateLimitsParts {
  readonly keyValue: Pick<KeyValue, 'run'> | null
  /** Names the database, so that two installations on one Redis don't share. */
  readonly prefix: string
  /** ms, monotonic. */
  readonly now: () => number
  /** How many keys this process remembers by itself; those beyond share one. */
  readonly maxKeys?: number
}

const MINUTE_MS = 60_000
const MAX_KEYS = 50_000
const SWEEP_MS = 10_000

/**
 * Of each key one time is kept: when what was taken will have come back (GCRA). It moves on by a minute's share with
 * each take, and may be ahead of now by the burst.
 */
export function createRateLimits({ keyValue, prefix, now, maxKeys = MAX_KEYS }: RateLimitsParts): RateLimits {
  const local = createLocalRates(now, maxKeys)
  return {
    async take(rule, key) {
      const name = `${rule.name}:${key}`
      if (keyValue === null) return local(rule, name)
      try {
        const given = [MINUTE_MS / rule.perMinute, rule.burst]
        return takeOf(Number(await keyValue.run(TAKE, [`postern:rate:${prefix}:${name}`], given)))
      } catch (error) {
        if (error instanceof KeyValueError) return local(rule, name)
        throw error
      }
    },
  }
}

const TAKE = `
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local share, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local back = math.max(now, tonumber(redis.call('get', KEYS[1]) or '0')) + share
local early = back - share * burst - now
if early > 0 then return math.ceil(early) end
redis.call('set', KEYS[1], string.format('%d', back), 'px', math.ceil(back - now))
return 0
`

function createLocalRates(now: () => number, maxKeys: number): (rule: RateRule, name: string) => Take {
  const backAt = new Map<string, number>()
  let sweptAt = now()
  const sweep = (): void => {
    sweptAt = now()
    for (const [name, back] of backAt) if (back <= sweptAt) backAt.delete(name)
  }
  return (rule, name) => {
    if (now() - sweptAt > SWEEP_MS) sweep()
    const key = backAt.has(name) || backAt.size < maxKeys ? name : rule.name
    const shareMs = MINUTE_MS / rule.perMinute
    const back = Math.max(now(), backAt.get(key) ?? 0) + shareMs
    const earlyMs = back - shareMs * rule.burst - now()
    if (earlyMs > 0) return takeOf(earlyMs)
    backAt.set(key, back)
    return takeOf(0)
  }
}

function takeOf(earlyMs: number): Take {
  return earlyMs > 0 ? { ok: false, retryAfterS: Math.ceil(earlyMs / 1_000) } : { ok: true }
}
