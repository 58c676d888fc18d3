/** Who answers the verify requests of a case. */
export type GatewayName = 'postern' | 'postern_tcp' | 'node_http' | 'nginx' | 'none'

/** One line of the table: what is asked for, of whom, and what must come of it. */
export interface Case {
  readonly name: string
  readonly gateway: GatewayName
  readonly cookie: 'signed_in' | 'forged' | null
  /** Without a query; another for each case of one gateway, so that the log tells them apart. */
  readonly path: string
  /** What the visitor gets. */
  readonly status: 200 | 401
  /** Login that the app is told; null where it isn't reached. */
  readonly user: string | null
  /** What Postern counts the request as, in the labels of its metric; null for other gateways. */
  readonly counted: { readonly decision: string; readonly tier: string } | null
}

/** The person who is signed in. */
export const LOGIN = 'alice'
export const HOSTS: Readonly<Record<GatewayName, string>> = {
  postern: 'app.example.com',
  postern_tcp: 'tcp.example.com',
  node_http: 'node-http.example.com',
  nginx: 'nginx.example.com',
  none: 'none.example.com',
}

const SIGNED_IN = { cookie: 'signed_in', path: '/reports/2026/summary', status: 200, user: LOGIN } as const
/** The same request as a signed-in one, for gateways that say yes to everybody and know nobody. */
const UNKNOWN = { ...SIGNED_IN, user: '', counted: null } as const
const REFUSED = { status: 401, user: null, counted: { decision: 'sign_in', tier: 'none' } } as const
const FROM_MEMORY = { decision: 'allow', tier: 'l1' } as const

export const CASES: readonly Case[] = [
  { name: 'postern, warm', gateway: 'postern', ...SIGNED_IN, counted: FROM_MEMORY },
  { name: 'postern, warm, tcp', gateway: 'postern_tcp', ...SIGNED_IN, counted: FROM_MEMORY },
  { name: 'postern, no cookie', gateway: 'postern', cookie: null, path: '/reports/2026/unknown', ...REFUSED },
  { name: 'postern, forged cookie', gateway: 'postern', cookie: 'forged', path: '/reports/2026/forgery', ...REFUSED },
  {
    name: 'postern, public path',
    gateway: 'postern',
    cookie: null,
    path: '/public/logo.svg',
    status: 200,
    user: '',
    counted: { decision: 'allow', tier: 'none' },
  },
  { name: 'node:http, always 200', gateway: 'node_http', ...UNKNOWN },
  { name: 'nginx as gateway, return 204', gateway: 'nginx', ...UNKNOWN },
  { name: 'no gateway, return 204', gateway: 'none', ...UNKNOWN },
]

/** The policy that the cases are decided by. */
export const POLICY = `version: 1
roles:
  staff: [reports:read]
apps:
  - name: app
    hosts: [${HOSTS.postern}, ${HOSTS.postern_tcp}]
    rules:
      - { path: /public/**, methods: [GET], allow: anyone }
      - { path: /old/**, deny: true }
      - { path: /admin/**, require: { role: postern-admin } }
      - { path: /reports/**, methods: [GET], require: { permission: 'reports:read' } }
      - require: {}
`
