import { setTimeout as delay } from 'node:timers/promises'
import { mintToken } from '../../src/lib/tokens.ts'
import { createRandom } from '../support/random.ts'
import type { Asked, Calls, SignedIn } from './calls.ts'
import type { Gateway } from './gateway.ts'
import type { World } from './world.ts'

/** Users whom nobody ends, whose sign-ins come and go, and who are disabled now and then; each a share of all. */
const SHARE = { kept: 0.4, changing: 0.4 }
const CLIENTS_PER_PROCESS = 5
const LIVE_AT_MOST = 120
/** Those that ended last are asked for most. */
const RECENT = 12
const PAUSE_MS = {
  verify: 25,
  absent: 200,
  signIn: 250,
  signOut: 350,
  guess: 1_500,
  revoke: 3_000,
  disable: 5_000,
  banned: 2_500,
  policy: 4_000,
} as const

/** People and operators who use a world until they are told to stop. */
export interface Clients {
  /** Sign-ins that should still count. */
  readonly live: readonly SignedIn[]
  /** Resolves once all their calls have returned. */
  stop(): Promise<void>
}

interface Crowd {
  readonly world: World
  readonly calls: Calls
  readonly random: (limit: number) => number
  readonly live: SignedIn[]
  readonly ended: SignedIn[]
  readonly signal: AbortSignal
}

/** Signs some people in and lets all of them begin. @param seed of what they choose; when is the machine's to say */
export async function startClients(world: World, calls: Calls, seed: number): Promise<Clients> {
  const stopping = new AbortController()
  const random = createRandom(seed)
  const crowd: Crowd = { world, calls, random, live: [], ended: [], signal: stopping.signal }
  for (const login of world.users) await signIn(crowd, login)
  const loops = [
    ...world.gateways.flatMap((gateway) =>
      Array.from({ length: CLIENTS_PER_PROCESS }, () => loop(crowd, PAUSE_MS.verify, () => verifyAny(crowd, gateway))),
    ),
    loop(crowd, PAUSE_MS.signIn, () => signIn(crowd, any(crowd, world.users))),
    loop(crowd, PAUSE_MS.signOut, () => signOut(crowd)),
    loop(crowd, PAUSE_MS.guess, () => guess(crowd)),
    loop(crowd, PAUSE_MS.revoke, () => revoke(crowd)),
    loop(crowd, PAUSE_MS.disable, () => disable(crowd)),
    policyLoop(crowd),
  ]
  return {
    live: crowd.live,
    async stop() {
      stopping.abort()
      await Promise.all(loops)
    },
  }
}

async function loop({ signal, random }: Crowd, pauseMs: number, once: () => Promise<unknown>): Promise<void> {
  while (!signal.aborted) {
    await once()
    await delay(pauseMs / 2 + random(pauseMs), undefined, { signal }).catch(() => undefined)
  }
}

async function verifyAny(crowd: Crowd, gateway: Gateway): Promise<void> {
  const path = crowd.random(5) === 0 ? '/gate' : '/'
  const status = await crowd.calls.verify(gateway, { ...chosen(crowd), path })
  // Nobody is there.
  if (status === null) await delay(PAUSE_MS.absent)
}

function chosen(crowd: Crowd): Asked {
  const { random, live, ended, world } = crowd
  const roll = random(100)
  const recent = ended.slice(-RECENT)
  if (roll < 60 && live.length > 0) return any(crowd, live)
  if (roll < 85 && recent.length > 0) return any(crowd, roll < 80 ? recent : ended)
  const purpose = any(crowd, ['portal', 'app', 'invite'] as const)
  const token = mintToken(world.keys, purpose)
  if (roll < 95) return { signIn: `never issued ${purpose}`, token }
  return { signIn: 'forged', token: token.slice(0, -4).concat('AAAA') }
}

async function signIn({ live, calls, world, random }: Crowd, login: string): Promise<void> {
  if (live.length >= LIVE_AT_MOST) return
  const gateway = world.gateways[random(world.gateways.length)]
  const signedIn = gateway === undefined ? null : await calls.signIn(gateway, login)
  if (signedIn !== null) live.push(signedIn)
}

async function signOut(crowd: Crowd): Promise<void> {
  const { calls, live, world } = crowd
  const candidates = live.filter(({ login }) => kindOf(world, login) === 'changing')
  if (candidates.length === 0) return
  const signedIn = any(crowd, candidates)
  end(crowd, (each) => each === signedIn)
  await calls.signOut(any(crowd, world.gateways), signedIn)
}

async function guess(crowd: Crowd): Promise<void> {
  const { calls, world } = crowd
  await calls.signIn(any(crowd, world.gateways), any(crowd, world.users), 'not the password')
}

async function revoke(crowd: Crowd): Promise<void> {
  const login = anyUser(crowd, 'changing')
  const revoked = crowd.live.filter((each) => each.login === login)
  await crowd.calls.command('revoke', login)
  end(crowd, (each) => revoked.includes(each))
}

async function disable(crowd: Crowd): Promise<void> {
  const { calls } = crowd
  const login = anyUser(crowd, 'banned')
  await calls.command('disable', login)
  end(crowd, (each) => each.login === login)
  await delay(PAUSE_MS.banned)
  while ((await calls.command('enable', login)) !== 200) await delay(PAUSE_MS.banned)
}

async function policyLoop(crowd: Crowd): Promise<void> {
  const { calls } = crowd
  const wanted = { denied: false }
  await loop(crowd, PAUSE_MS.policy, async () => {
    wanted.denied = !wanted.denied
    await calls.applyPolicy(wanted.denied)
  })
  while ((await calls.applyPolicy(false)) !== 200) await delay(PAUSE_MS.banned)
}

/** From here on those count as ended, or as perhaps ended. */
function end({ live, ended }: Crowd, which: (signedIn: SignedIn) => boolean): void {
  for (const signedIn of live.filter(which)) {
    live.splice(live.indexOf(signedIn), 1)
    ended.push(signedIn)
  }
}

type UserKind = 'kept' | 'changing' | 'banned'

function kindOf({ users }: World, login: string): UserKind {
  const place = users.indexOf(login) / users.length
  return place < SHARE.kept ? 'kept' : place < SHARE.kept + SHARE.changing ? 'changing' : 'banned'
}

function anyUser(crowd: Crowd, kind: UserKind): string {
  return any(
    crowd,
    crowd.world.users.filter((login) => kindOf(crowd.world, login) === kind),
  )
}

function any<T>({ random }: Crowd, items: readonly T[]): T {
  const item = items[random(items.length)]
  if (item === undefined) throw new Error('nothing to choose from')
  return item
}
