import assert from 'node:assert/strict'
import { IDENTITY_HEADERS } from '../../src/policies/header-rules.ts'
import { HOST, listenOnFreePort, openTestApp } from '../support/app.ts'
import type { TestApp, TestAppOptions } from '../support/app.ts'
import type { Cleanup } from '../support/directories.ts'
import { rawRequest } from '../support/http.ts'

/** What nginx would tell of one original request; what is left out is an anonymous `GET https://app.example.com/`. */
export interface Asked {
  readonly method?: string
  readonly proto?: string
  readonly host?: string
  readonly uri?: string
  readonly address?: string
  /** Whole header lines beside these. */
  readonly more?: readonly string[]
  /** Value of our session cookie. */
  readonly token?: string
  /** Names of mandatory headers that are not sent. */
  readonly without?: readonly string[]
  /** Of the verify request itself. */
  readonly url?: string
  readonly via?: string
  readonly body?: string
}

export interface Told {
  readonly status: number
  /** As they came, names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
  readonly header: (name: string) => string | undefined
}

/** A verify listener on TCP with alice of role user, bob of role admin and team, and their tokens. */
export interface Listener extends TestApp {
  readonly port: number
  readonly alice: string
  readonly bob: string
  readonly ask: (asked: Asked) => Promise<Told>
}

/** Opens it; every answer is checked for what must hold of all. */
export async function openListener(t: Cleanup, options: TestAppOptions = {}): Promise<Listener> {
  const app = await openTestApp(t, options)
  const port = await listenOnFreePort(app.verify)
  if (options.policy !== undefined) return { ...app, port, alice: '', bob: '', ask: asker(port) }
  await app.addUser('alice', { roles: ['user'], password: null })
  await app.addUser('bob', { roles: ['admin', 'team'], password: null })
  const [alice, bob] = [await app.token('alice'), await app.token('bob')]
  return { ...app, port, alice, bob, ask: asker(port) }
}

/** The bytes of a verify request, which asks for the connection to be closed. */
export function bytesOf(asked: Asked): string {
  const { method = 'GET', proto = 'https', host = HOST, uri = '/', address = '203.0.113.7' } = asked
  const mandatory = [
    ['X-Original-Method', method],
    ['X-Original-Proto', proto],
    ['X-Original-Host', host],
    ['X-Original-URI', uri],
    ['X-Real-IP', address],
  ].filter(([name = '']) => asked.without?.includes(name) !== true)
  const cookie = asked.token === undefined ? [] : [`Cookie: __Host-postern=${asked.token}`]
  const lines = [
    `${asked.via ?? 'GET'} ${asked.url ?? '/verify/nginx/app/app'} HTTP/1.1`,
    'Host: postern',
    ...mandatory.map(([name, value]) => `${name}: ${value}`),
    ...cookie,
    ...(asked.more ?? []),
    'Connection: close',
  ]
  return `${lines.join('\r\n')}\r\n\r\n${asked.body ?? ''}`
}

export function readAnswer(received: string): Told {
  const [head = '', ...rest] = received.split('\r\n\r\n')
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers = lines.map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  const header = (name: string): string | undefined => headers.find(([found]) => found === name)?.[1]
  return { status: Number(statusLine.split(' ')[1]), headers, body: rest.join('\r\n\r\n'), header }
}

/** In one word for tables: `anon`, `allow(login)`, `sign_in`, or `no` for a forbid or refuse. */
export function verdictOf({ status, header }: Told): string {
  if (status === 200) return header('remote-user') === '' ? 'anon' : `allow(${header('remote-user')})`
  return { 401: 'sign_in', 403: 'no', 500: 'fault' }[status] ?? `status ${status}`
}

/** FAIL-10, HDR-10, HDR-11: what every answer of the nginx dialect keeps to. */
export function checked(told: Told): Told {
  assert.ok([200, 401, 403, 500].includes(told.status), `status ${told.status}`)
  assert.equal(told.header('cache-control'), 'no-store')
  assert.equal(told.header('set-cookie'), undefined)
  const counts = IDENTITY_HEADERS.map((name) => told.headers.filter(([found]) => found === name.toLowerCase()).length)
  assert.deepEqual(
    counts,
    Array.from(IDENTITY_HEADERS, () => (told.status === 200 ? 1 : 0)),
  )
  if (told.status === 200) assert.deepEqual([told.header('content-length'), told.body], ['0', ''])
  return told
}

function asker(port: number): Listener['ask'] {
  return async (asked) => checked(readAnswer(await rawRequest(port, bytesOf(asked))))
}
