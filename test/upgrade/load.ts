import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createPerson } from '../e2e/person.ts'
import type { Person } from '../e2e/person.ts'
import { PASSWORD } from '../support/e2e.ts'
import type { EchoedRequest } from '../support/echo-app.ts'
import { headerValues } from '../support/echo-app.ts'
import type { Reply } from '../support/http.ts'
import { IS_LONG } from '../support/long.ts'
import type { Replicas } from './replicas.ts'

/** What came of all requests so far. */
export interface Counts {
  /** Answered or not. */
  readonly requests: number
  readonly signIns: number
  /** Sign-outs, each followed by looking whether the cookie still counts. */
  readonly signOuts: number
  /** Requests that got no answer, or one that only a gateway gives that is away. */
  readonly failures: readonly string[]
  /** Who got in that shouldn't, was kept out that shouldn't, or was taken for somebody else. */
  readonly wrong: readonly string[]
}

export interface Load {
  readonly counts: () => Counts
  /** Resolves once that many more requests were made. */
  further(requests: number): Promise<void>
  stop(): Promise<Counts>
}

const READERS = 3
/** Most of the time that it runs, programs start beside it, for which it leaves the machine. */
const READ_PAUSE_MS = IS_LONG ? 5 : 20
const SIGN_IN_PAUSE_MS = IS_LONG ? 40 : 150
const NOBODY_PAUSE_MS = IS_LONG ? 10 : 40
/** What the program promises, busy machine and all (DESIGN 5). */
const REVOKED_WITHIN_MS = 2_000
const LOGIN = '/.postern/api/v2/auth/login'
const LOGOUT = '/.postern/api/v2/auth/logout'

/**
 * People who open pages over connections that are kept, the same people on another browser where they sign
 * in and out over and over, a stranger, and somebody with a forged cookie; all through nginx.
 */
export async function startLoad(
  t: TestContext,
  site: Pick<Replicas, 'origin' | 'hosts'>,
  people: readonly string[],
): Promise<Load> {
  const counts = { requests: 0, signIns: 0, signOuts: 0, failures: [] as string[], wrong: [] as string[] }
  const stopping = new AbortController()
  const user = createUser(t, site, counts)
  const readers = await Promise.all(people.map((login) => user.signIn(login)))
  const forever = async (act: () => Promise<unknown>, pauseMs: number): Promise<void> => {
    while (!stopping.signal.aborted) {
      await act()
      await delay(pauseMs)
    }
  }
  const strangers = [createPerson(t, site), createPerson(t, site)]
  const loops = [
    ...readers.flatMap(({ person, login }) =>
      Array.from({ length: READERS }, (_, index) =>
        forever(() => user.expectIn(person, login, `/page-${index}`), READ_PAUSE_MS),
      ),
    ),
    ...people.map((login) => forever(() => user.comeAndGo(login), SIGN_IN_PAUSE_MS)),
    ...strangers.map((person, index) => forever(() => user.expectOut(person, index === 0), NOBODY_PAUSE_MS)),
  ]
  const stop = async (): Promise<Counts> => {
    stopping.abort()
    await Promise.all(loops)
    return counts
  }
  t.after(stop)
  return {
    counts: () => ({ ...counts, failures: [...counts.failures], wrong: [...counts.wrong] }),
    async further(requests) {
      const until = counts.requests + requests
      while (counts.requests < until && !stopping.signal.aborted) await delay(5)
    },
    stop,
  }
}

type Tally = { -readonly [Key in keyof Counts]: Counts[Key] extends number ? number : string[] }

function createUser(t: TestContext, site: Pick<Replicas, 'origin' | 'hosts'>, counts: Tally) {
  /** Null where there was no answer worth the name. */
  const ask = async (what: string, request: () => Promise<Reply>): Promise<Reply | null> => {
    counts.requests++
    const reply = await request().catch((error: unknown) => String(error))
    if (typeof reply !== 'string' && reply.status < 500) return reply
    counts.failures.push(
      `${what}: ${typeof reply === 'string' ? reply : `${reply.status} ${reply.text.slice(0, 60).replaceAll('\n', ' ')}`}`,
    )
    return null
  }
  const post = (person: Person, path: string, body: string): Promise<Reply | null> => {
    const headers = { 'content-type': 'application/json', origin: site.origin }
    return ask(path, () => person.visit(site.origin + path, { method: 'POST', headers, body: Buffer.from(body) }))
  }
  const expectIn = async (person: Person, login: string, path: string): Promise<void> => {
    const reply = await ask(path, () => person.open(path))
    if (reply === null) return
    const told = reply.status === 200 ? headerValues(echoed(reply).rawHeaders, 'remote-user').join() : reply.status
    if (told !== login) counts.wrong.push(`${path}: ${login} is taken for ${told}`)
  }
  const expectOut = async (person: Person, isStranger: boolean): Promise<void> => {
    const headers = isStranger ? {} : { cookie: '__Host-postern=ps1AAAAforged' }
    const reply = await ask('/closed', () => person.open('/closed', { headers }))
    if (reply !== null && reply.status !== 302) counts.wrong.push(`/closed: ${reply.status} for nobody`)
  }
  const signIn = async (login: string): Promise<{ person: Person; login: string }> => {
    const person = createPerson(t, site)
    await post(person, LOGIN, JSON.stringify({ username: login, password: PASSWORD }))
    return { person, login }
  }
  const people = new Map<string, Person>()
  const comeAndGo = async (login: string): Promise<void> => {
    const person = people.get(login) ?? createPerson(t, site)
    people.set(login, person)
    const reply = await post(person, LOGIN, JSON.stringify({ username: login, password: PASSWORD }))
    if (reply === null) return
    if (reply.status !== 200) return void counts.wrong.push(`${login} can't sign in: ${reply.status} ${reply.text}`)
    counts.signIns++
    await expectIn(person, login, '/after')
    const cookie = person.jar.header(new URL(site.origin))
    if ((await post(person, LOGOUT, '{}'))?.status !== 200) return
    counts.signOuts++
    await expectGone(createPerson(t, site), cookie)
  }
  const expectGone = async (thief: Person, cookie: string): Promise<void> => {
    const deadline = performance.now() + REVOKED_WITHIN_MS
    for (;;) {
      const sentAt = performance.now()
      const reply = await ask('/after', () => thief.open('/after', { headers: { cookie } }))
      if (reply === null || reply.status === 302) return
      if (sentAt > deadline) return void counts.wrong.push(`a sign-in that was ended still gets ${reply.status}`)
      await delay(READ_PAUSE_MS)
    }
  }
  return { expectIn, expectOut, signIn, comeAndGo }
}

function echoed(reply: Reply): EchoedRequest {
  return JSON.parse(reply.text) as EchoedRequest
}
