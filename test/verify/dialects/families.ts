import assert from 'node:assert/strict'
import { IDENTITY_HEADERS } from '../../../src/policies/header-rules.ts'
import { listenOnFreePort, openTestApp } from '../../support/app.ts'
import type { TestApp, TestAppOptions } from '../../support/app.ts'
import type { Cleanup } from '../../support/directories.ts'
import { rawRequest } from '../../support/http.ts'
import { readAnswer } from '../ask.ts'
import type { Told } from '../ask.ts'

/** An original request; what is left out is an anonymous `GET https://app.example.com/` of a program. */
export interface Original {
  readonly method?: string
  readonly proto?: string
  readonly host?: string
  readonly uri?: string
  /** Of the client; for families that walk through X-Forwarded-For its whole value. */
  readonly address?: string
  /** Value of the session cookie. */
  readonly token?: string
  /** Whole header lines beside these. */
  readonly more?: readonly string[]
  /** Names of the family's own headers that are not sent. */
  readonly without?: readonly string[]
  /** In the verify URL; null where it names none. */
  readonly app?: string | null
  readonly body?: string
}

/** How one proxy family writes an original request down, as its own source or documentation says. */
export interface Family {
  readonly name: string
  /** Names of the mandatory headers. */
  readonly mandatory: readonly string[]
  /** Whether the answers are read by `auth_request`, which knows three statuses. */
  readonly isNginx: boolean
  /** Whether the client's address is a list of hops. */
  readonly hasHops: boolean
  /** Request line without version, then names and values. */
  readonly write: (original: Full) => readonly [line: string, headers: readonly (readonly [string, string])[]]
}

type Full = Required<Pick<Original, 'method' | 'proto' | 'host' | 'uri' | 'address'>> & { readonly path: string }

export const FAMILIES: readonly Family[] = [
  {
    name: 'nginx',
    mandatory: ['X-Original-Method', 'X-Original-Proto', 'X-Original-Host', 'X-Original-URI', 'X-Real-IP'],
    isNginx: true,
    hasHops: false,
    write: ({ method, proto, host, uri, address, path }) => [
      `GET ${path}`,
      [
        ['Host', 'postern'],
        ['X-Original-Method', method],
        ['X-Original-Proto', proto],
        ['X-Original-Host', host],
        ['X-Original-URI', uri],
        ['X-Real-IP', address],
      ],
    ],
  },
  {
    name: 'ingress-nginx',
    mandatory: ['X-Original-Method', 'X-Original-URL', 'X-Real-IP'],
    isNginx: true,
    hasHops: false,
    write: ({ method, proto, host, uri, address, path }) => [
      `GET ${path}`,
      [
        ['X-Request-ID', 'abc'],
        ['Host', 'postern.auth.svc.cluster.local'],
        ['X-Original-URL', `${proto}://${host}${uri}`],
        ['X-Original-Method', method],
        ['X-Sent-From', 'nginx-ingress-controller'],
        ['X-Real-IP', address],
        ['X-Forwarded-For', address],
        ['X-Auth-Request-Redirect', uri],
      ],
    ],
  },
  {
    name: 'forward',
    mandatory: ['X-Forwarded-Method', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'X-Forwarded-Uri', 'X-Forwarded-For'],
    isNginx: false,
    hasHops: true,
    write: ({ method, proto, host, uri, address, path }) => [
      `GET ${path}`,
      [
        ['Host', 'postern:9081'],
        ['X-Forwarded-Method', method],
        ['X-Forwarded-Proto', proto],
        ['X-Forwarded-Host', host],
        ['X-Forwarded-Uri', uri],
        ['X-Forwarded-For', address],
        ['Accept-Encoding', 'gzip'],
      ],
    ],
  },
  {
    name: 'ext-authz',
    mandatory: ['Host', 'X-Forwarded-Proto', 'X-Forwarded-For'],
    isNginx: false,
    hasHops: true,
    write: ({ method, proto, host, uri, address, path }) => [
      `${method} ${path}${uri}`,
      [
        ['Host', host],
        ['Content-Length', '0'],
        ['X-Forwarded-Proto', proto],
        ['X-Forwarded-For', address],
      ],
    ],
  },
  {
    name: 'ngf',
    mandatory: ['Method', 'Host', 'Path'],
    isNginx: true,
    hasHops: false,
    write: ({ method, host, uri, path }) => [
      `GET ${path}`,
      [
        ['Host', host],
        ['Method', method],
        ['Path', uri],
      ],
    ],
  },
]

export const HOST = 'app.example.com'

const POLICY = `
version: 1
roles: { user: [], admin: [] }
apps:
  - name: wiki
    hosts: [app.example.com]
    headers: { X-WEBAUTH-USER: '{login}' }
    rules:
      - { path: /public/**, allow: anyone }
      - { path: /dav/**, methods: [PROPFIND, MKCALENDAR, PURGE], allow: anyone }
      - { path: /admin/**, require: { role: admin } }
      - require: {}
  - name: open
    hosts: [open.example.com]
    rules:
      - { methods: [GET, POST, PROPFIND], allow: anyone }
  - name: net
    hosts: [net.example.com]
    rules:
      - { path: /lan/**, networks: [10.20.0.0/16], allow: anyone }
      - { path: /lan/**, deny: true }
      - require: {}
`

/** A verify listener with alice of role user and bob of role admin. */
export interface Listener extends TestApp {
  readonly port: number
  readonly alice: string
  readonly bob: string
  /** Asks in the words of one family; the answer is checked for what must hold of all. */
  readonly ask: (family: Family, original?: Original) => Promise<Told>
}

export async function openFamilies(t: Cleanup, options: TestAppOptions = {}): Promise<Listener> {
  const app = await openTestApp(t, { policy: POLICY, ...options })
  const port = await listenOnFreePort(app.verify)
  await app.addUser('alice', { roles: ['user'], password: null })
  await app.addUser('bob', { roles: ['admin'], password: null })
  const ask = async (family: Family, original: Original = {}): Promise<Told> =>
    checked(family, readAnswer(await rawRequest(port, bytesOf(family, original))))
  return { ...app, port, alice: await app.token('alice'), bob: await app.token('bob'), ask }
}

/** The bytes of a verify request, which asks for the connection to be closed unless a body is sent. */
export function bytesOf(family: Family, original: Original = {}): string {
  const { method = 'GET', proto = 'https', host = HOST, uri = '/', address = '203.0.113.7', app = 'wiki' } = original
  const path = `/verify/${family.name}${app === null ? '' : `/app/${app}`}`
  const [line, headers] = family.write({ method, proto, host, uri, address, path })
  const kept = headers.filter(([name]) => original.without?.includes(name) !== true)
  const announces = original.more?.some((more) => /^(?:content-length|transfer-encoding):/i.test(more)) === true
  const lines = [
    `${line} HTTP/1.1`,
    ...kept.filter(([name]) => !(announces && name === 'Content-Length')).map(([name, value]) => `${name}: ${value}`),
    ...(original.token === undefined ? [] : [`Cookie: __Host-postern=${original.token}`]),
    ...(original.more ?? []),
    ...(original.body === undefined ? ['Connection: close'] : []),
  ]
  return `${lines.join('\r\n')}\r\n\r\n${original.body ?? ''}`
}

/** In one word: `anon`, `allow(login)`, `sign_in`, `forbid`, `refuse`, `fault`. */
export function verdictOf({ status, header }: Told): string {
  if (status === 200) return header('remote-user') === '' ? 'anon' : `allow(${header('remote-user')})`
  const words: Record<number, string> = { 302: 'sign_in', 303: 'sign_in', 401: 'sign_in', 400: 'refuse', 403: 'forbid' }
  return words[status] ?? `status ${status}`
}

/** For nginx a refusal is a 403 as well, since it takes no 400. */
export function expectedOf(family: Family, verdict: string): string {
  return family.isNginx && verdict === 'refuse' ? 'forbid' : verdict
}

function checked(family: Family, told: Told): Told {
  const statuses = family.isNginx ? [200, 401, 403, 500] : [200, 302, 303, 400, 401, 403, 503]
  assert.ok(statuses.includes(told.status), `${family.name} answers ${told.status}: ${told.body}`)
  assert.equal(told.header('cache-control'), 'no-store')
  assert.equal(told.header('set-cookie'), undefined)
  const counts = IDENTITY_HEADERS.map((name) => told.headers.filter(([found]) => found === name.toLowerCase()).length)
  assert.deepEqual([...new Set(counts)], [told.status === 200 ? 1 : 0], `identity with ${told.status}`)
  if (told.status === 200) assert.deepEqual([told.header('content-length'), told.body], ['0', ''])
  return told
}
