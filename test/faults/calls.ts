import { request } from 'undici'
import type { Dispatcher } from 'undici'
import type { Gateway } from './gateway.ts'
import type { Recorder, UserCall, VerifyCall } from './history.ts'
import { HOST, PASSWORD } from './world.ts'
import type { World } from './world.ts'

/** A sign-in by its name in the history, and the cookie that it was given. */
export interface SignedIn {
  readonly signIn: string
  readonly login: string
  readonly token: string
}

/** Everything that can be asked of a world; each call is in its history before it resolves. None rejects. */
export interface Calls {
  verify(gateway: Gateway, asked: Asked): Promise<number | null>
  /** Null when it was refused or not answered. */
  signIn(gateway: Gateway, login: string, password?: string): Promise<SignedIn | null>
  signOut(gateway: Gateway, signedIn: SignedIn): Promise<number | null>
  command(kind: UserCall['kind'], login: string): Promise<number>
  applyPolicy(denied: boolean): Promise<number>
  health(gateway: Gateway): Promise<void>
}

export interface Asked {
  /** The sign-in's name, or what the token is in its place. */
  readonly signIn: string
  readonly token: string
  readonly path?: VerifyCall['path']
  readonly atEnd?: boolean
}

const ORIGINAL = {
  'x-original-method': 'GET',
  'x-original-proto': 'https',
  'x-original-host': HOST,
  'x-real-ip': '203.0.113.7',
}
const API = '/.postern/api/v2/auth'
const COOKIE = '__Host-postern'
const COMMANDS = {
  revoke: (login: string) => ['session', 'revoke', '--user', login],
  disable: (login: string) => ['user', 'disable', login],
  enable: (login: string) => ['user', 'enable', login],
}

/** Calls on a world that are written down. */
export function createCalls(world: World, recorder: Recorder): Calls {
  let signIns = 0
  return {
    verify: (gateway, asked) => verify(gateway, asked, recorder),
    async signIn(gateway, login, password = PASSWORD) {
      const signIn = `s${++signIns}`
      const sentAt = performance.now()
      const answer = await post(gateway, 'login', { 'content-type': 'application/json' }, { username: login, password })
      const token = answer === null ? null : sessionCookie(answer)
      const wrongPassword = password !== PASSWORD
      const call = { kind: 'sign_in', process: gateway.index, signIn, login, wrongPassword } as const
      recorder.call({ ...call, ...times(sentAt), status: answer?.statusCode ?? null })
      return answer?.statusCode === 200 && token !== null ? { signIn, login, token } : null
    },
    async signOut(gateway, { signIn, token }) {
      const sentAt = performance.now()
      const answer = await post(gateway, 'logout', { cookie: `${COOKIE}=${token}` })
      const status = answer?.statusCode ?? null
      recorder.call({ kind: 'sign_out', process: gateway.index, signIn, ...times(sentAt), status })
      return status
    },
    async command(kind, login) {
      const sentAt = performance.now()
      const status = await run(world, COMMANDS[kind](login))
      recorder.call({ kind, process: null, login, ...times(sentAt), status })
      return status
    },
    async applyPolicy(denied) {
      const sentAt = performance.now()
      const status = await run(world, ['policy', 'apply', world.policyFile(denied)])
      recorder.call({ kind: 'policy', process: null, denied, ...times(sentAt), status })
      return status
    },
    health: (gateway) => health(gateway, recorder),
  }
}

async function verify(gateway: Gateway, asked: Asked, recorder: Recorder): Promise<number | null> {
  const { signIn, token, path = '/', atEnd = false } = asked
  const { life, index: process } = gateway
  const sentAt = performance.now()
  const answer = await send(gateway, `${gateway.verify}/verify/nginx/app/app`, {
    headers: { ...ORIGINAL, 'x-original-uri': path, cookie: `${COOKIE}=${token}` },
  })
  const status = answer?.statusCode ?? null
  const login = status === 200 ? String(answer?.headers['remote-user'] ?? '') : null
  recorder.call({ kind: 'verify', process, life, signIn, path, login, atEnd, ...times(sentAt), status })
  return status
}

async function health(gateway: Gateway, recorder: Recorder): Promise<void> {
  const sentAt = performance.now()
  const troubles: string[] = []
  let status: number | null = null
  try {
    const answer = await request(`${gateway.ops}/health/detail`, { dispatcher: gateway.agent })
    status = answer.statusCode
    const { parts } = (await answer.body.json()) as { parts: Record<string, { status: string; detail?: string }> }
    for (const [part, found] of Object.entries(parts)) {
      if (found.status !== 'ok') troubles.push(`${part} ${found.status}: ${found.detail ?? ''}`)
    }
  } catch (error) {
    troubles.push(String(error))
  }
  recorder.call({ kind: 'health', process: gateway.index, troubles, ...times(sentAt), status })
}

async function run(world: World, args: readonly string[]): Promise<number> {
  return (await world.command(args)) === 0 ? 200 : 500
}

function post(
  gateway: Gateway,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: object,
): Promise<Dispatcher.ResponseData | null> {
  return send(gateway, `${gateway.portal}${API}/${path}`, {
    method: 'POST',
    headers: { host: HOST, ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}

/** Null when no whole answer came. */
async function send(
  { agent }: Gateway,
  url: string,
  options: { method?: Dispatcher.HttpMethod; headers: Readonly<Record<string, string>>; body?: string },
): Promise<Dispatcher.ResponseData | null> {
  try {
    const answer = await request(url, { dispatcher: agent, ...options })
    await answer.body.dump()
    return answer
  } catch {
    return null
  }
}

function sessionCookie({ headers }: Dispatcher.ResponseData): string | null {
  const lines = [headers['set-cookie'] ?? []].flat()
  const line = lines.find((each) => each.startsWith(`${COOKIE}=`))
  return line?.slice(COOKIE.length + 1).split(';')[0] ?? null
}

function times(sentAt: number): { sentAt: number; receivedAt: number } {
  return { sentAt, receivedAt: performance.now() }
}
