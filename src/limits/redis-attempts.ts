import { readNetworks } from '../lib/address.ts'
import { KeyValueError } from '../store/key-value.ts'
import type { KeyValue } from '../store/key-value.ts'
import { FAILURES_A_PERSON, RULES } from './attempt-sides.ts'
import type { AttemptFactor, Side, SideName, Sides } from './attempt-sides.ts'
import type { AttemptFilter, AttemptRow, AttemptStore, Counted } from './attempt-store.ts'
import { CLEAR, LIST, LESS, RESERVE } from './redis-attempts-script.ts'

/** What is kept beside a count, for operators. */
interface About {
  readonly side: SideName
  readonly factor: AttemptFactor
  readonly subject: string | null
  readonly userId: string | null
  readonly network: string | null
}

const MAX_LISTED = 10_000
/** Where time doesn't help, -1 stands in place of a time. */
const NEVER = -1

/** Attempts counted in Redis, each by one script; the keys name the database that they are about. */
export function createRedisAttempts(keyValue: Pick<KeyValue, 'run'>, databaseIdentity: string): AttemptStore {
  // One hash tag, so that a cluster has all counts on one server: few and small, they must be changed in one step.
  const prefix = `{postern:attempts:${databaseIdentity}}:`
  const index = `${prefix}index`
  const keyOf = ({ key }: Side): string => prefix + key.toString('base64url')
  const run = async (
    script: string,
    keys: readonly string[],
    given: readonly (string | number)[],
  ): Promise<unknown[]> => {
    const answer = await keyValue.run(script, [index, ...keys], given)
    if (!Array.isArray(answer)) throw new KeyValueError('no list from a script that counts attempts')
    return answer as unknown[]
  }
  const less = async (sides: Sides, how: 'succeeded' | 'not_checked'): Promise<void> => {
    const all = how === 'succeeded' && sides.kind === 'known_device' ? [sides.device, sides.person] : listOf(sides)
    const limits = all.map(({ name }) => RULES[name].stopsAfter)
    const kind = sides.kind === 'known_device' ? 'device' : 'elsewhere'
    await run(LESS, all.map(keyOf), [how, FAILURES_A_PERSON, kind, ...limits])
  }
  const readAll = async (nowMs: number): Promise<{ key: string; about: About; row: AttemptRow }[]> => {
    const rows = (await run(LIST, [], [nowMs, MAX_LISTED])) as readonly (readonly string[])[]
    return rows.map(readRow).sort((one, other) => other.row.lastAt.getTime() - one.row.lastAt.getTime())
  }
  return {
    async reserve(sides, nowMs) {
      const all = listOf(sides)
      const given = [nowMs, FAILURES_A_PERSON, ...all.flatMap(rulesOf)]
      return readCounted(all, await run(RESERVE, all.map(keyOf), given))
    },
    succeeded: (sides) => less(sides, 'succeeded'),
    notChecked: (sides) => less(sides, 'not_checked'),
    async list(filter, limit, nowMs) {
      const fits = createFilter(filter)
      return (await readAll(nowMs))
        .filter(({ about }) => fits(about))
        .slice(0, limit)
        .map(({ row }) => row)
    },
    async clear(filter) {
      const fits = createFilter(filter)
      const keys = (await readAll(0)).filter(({ about }) => fits(about)).map(({ key }) => key)
      if (keys.length > 0) await run(CLEAR, keys, [])
      return keys.length
    },
  }
}

/** In the order in which the scripts take them. */
function listOf(sides: Sides): readonly Side[] {
  return sides.kind === 'known_device' ? [sides.device] : [sides.pair, sides.network, sides.person]
}

/** What is neither a count nor a stop lets nobody through: then the database is asked. */
function readCounted(all: readonly Side[], [outcome, ...rest]: readonly unknown[]): Counted {
  const [first = 0, second = 0, third = 0] = rest.map(Number)
  const side = all[first - 1]?.name
  if (outcome === 'stopped' && side !== undefined && (second === NEVER || second > 0))
    return { kind: 'stopped', waitMs: second === NEVER ? Infinity : second, side }
  const isWhole = rest.length === all.length && rest.every((count) => Number.isSafeInteger(Number(count)))
  if (outcome !== 'go' || !isWhole || first < 1)
    throw new KeyValueError('no count from the script that counts attempts')
  if (all.length === 1) return { kind: 'go', failures: first, networkFailures: 0, personFailures: first }
  return { kind: 'go', failures: first, networkFailures: second, personFailures: third }
}

function rulesOf({ name, factor, subject, userId, network }: Side): (string | number)[] {
  const { stopsAfter, firstStopMs, longestStopMs, forgetMs } = RULES[name]
  const about: About = { side: name, factor, subject: subject?.toString('base64url') ?? null, userId, network }
  const never = name === 'person' && userId !== null
  const stops = firstStopMs === Infinity ? [NEVER, NEVER] : [firstStopMs, longestStopMs]
  return [name, stopsAfter, ...stops, never ? NEVER : forgetMs, JSON.stringify(about)]
}

function readRow([key = '', failures, lastMs, stoppedMs, about = '{}']: readonly string[]): {
  key: string
  about: About
  row: AttemptRow
} {
  const told = JSON.parse(about) as About
  const stopped = Number(stoppedMs)
  const stoppedUntil = stopped === NEVER ? 'never' : stopped === 0 ? null : new Date(stopped)
  const { side, factor, userId, network } = told
  const row = {
    side,
    factor,
    userId,
    network,
    failures: Number(failures),
    lastAt: new Date(Number(lastMs)),
    stoppedUntil,
  }
  return { key, about: told, row: row as AttemptRow }
}

function createFilter({ person, network, factors, except = [] }: AttemptFilter): (about: About) => boolean {
  const subjects = person?.subjects.map((subject) => subject.toString('base64url')) ?? []
  return (about) => {
    if (network !== undefined && !overlap(network, about.network)) return false
    if (factors?.includes(about.factor) === false) return false
    if (about.userId !== null && except.includes(about.userId)) return false
    if (person === undefined) return true
    if (about.userId !== null && about.userId === person.userId) return true
    return about.subject !== null && subjects.includes(about.subject)
  }
}

/** Of two networks that share an address one holds the first address of the other. */
function overlap(one: string, other: string | null): boolean {
  return other !== null && (holds(one, other) || holds(other, one))
}

function holds(network: string, other: string): boolean {
  const networks = readNetworks([network])
  return typeof networks !== 'string' && networks.contain(other.split('/')[0] ?? '')
}
