/** Who answers the verify requests of a case. */
export type GatewayName = PosternName | 'node_http' | 'node_http_tcp' | 'nginx' | 'nginx_tcp' | 'against' | 'none'

/** One `postern serve`: another listener, lane, number of workers or tier each. */
export type PosternName =
  | 'postern'
  | 'postern_off'
  | 'postern_tcp'
  | 'postern_tcp_off'
  | 'postern_two'
  | 'postern_l2'
  | 'postern_l3'

/** One line of the table: what is asked for, of whom, and what must come of it. */
export interface Case {
  readonly name: string
  readonly gateway: GatewayName
  /** `many` is another session each time. */
  readonly cookie: 'signed_in' | 'forged' | 'many' | 'of_other' | null
  /** Sent in place of a cookie. */
  readonly authorization?: 'api_token'
  /** Sent beside the cookie; what a program would send unless given. */
  readonly headers?: Readonly<Record<string, string>>
  /** Without a query; another for each case of one gateway, so that the log tells them apart. */
  readonly path: string
  /** What the visitor gets. */
  readonly status: 200 | 401
  /** Login that the app is told; null where it isn't reached. */
  readonly user: RegExp | null
  /** Whether the database is asked, which may be too late with an answer when others want the machine as well. */
  readonly mayBeLate?: true
  /** What Postern counts the request as, in the labels of its metric; null for other gateways. */
  readonly counted: { readonly decision: string; readonly tier: string } | null
}

/** The person who is signed in. */
export const LOGIN = 'alice'
export const HOSTS: Readonly<Record<GatewayName, string>> = {
  postern: 'app.example.com',
  postern_off: 'off.example.com',
  postern_tcp: 'tcp.example.com',
  postern_tcp_off: 'tcp-off.example.com',
  postern_two: 'two.example.com',
  postern_l2: 'l2.example.com',
  postern_l3: 'l3.example.com',
  node_http: 'node-http.example.com',
  node_http_tcp: 'node-http-tcp.example.com',
  nginx: 'nginx.example.com',
  nginx_tcp: 'nginx-tcp.example.com',
  against: 'against.example.com',
  none: 'none.example.com',
}

/** What most cases ask for. */
export const PAGE = '/reports/2026/summary'
const FROM_MEMORY = { decision: 'allow', tier: 'l1' }
const SIGNED_IN = { cookie: 'signed_in', path: PAGE, status: 200, user: /^alice$/, counted: FROM_MEMORY } as const
/** The same request as a signed-in one, for gateways that say yes to everybody and know nobody. */
const UNKNOWN = { ...SIGNED_IN, user: /^$/, counted: null } as const
const REFUSED = { status: 401, user: null, counted: { decision: 'sign_in', tier: 'none' } } as const
const MANY = { cookie: 'many', path: PAGE, status: 200, user: /^guest-/, mayBeLate: true } as const

/** What a Chromium sends for a page besides cookies. */
const OF_A_BROWSER = {
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8',
  'Accept-Language': 'en-GB,en;q=0.9,de;q=0.8',
  'Cache-Control': 'max-age=0',
  Referer: `https://${HOSTS.postern}/reports`,
  'Sec-CH-UA': '"Chromium";v="148", "Not=A?Brand";v="24"',
  'Sec-CH-UA-Mobile': '?0',
  'Sec-CH-UA-Platform': '"Linux"',
  'Sec-Fetch-Dest': 'document',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Site': 'same-origin',
  'Sec-Fetch-User': '?1',
  'Upgrade-Insecure-Requests': '1',
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36',
}

/** What figures of others are compared with. */
export const NGINX_CASE = 'nginx as gateway, return 204'
export const NODE_CASE = 'node:http, always 200'
export const WARM_CASE = 'postern, warm'
export const OTHER_CASE = 'the other gateway'

export const CASES: readonly Case[] = [
  { name: 'no gateway, return 204', gateway: 'none', ...UNKNOWN },
  { name: NGINX_CASE, gateway: 'nginx', ...UNKNOWN },
  { name: NODE_CASE, gateway: 'node_http', ...UNKNOWN },
  { name: WARM_CASE, gateway: 'postern', ...SIGNED_IN },
  { name: 'postern, warm, lane off', gateway: 'postern_off', ...SIGNED_IN },
  { name: 'postern, warm, tcp', gateway: 'postern_tcp', ...SIGNED_IN },
  { name: 'postern, warm, tcp, lane off', gateway: 'postern_tcp_off', ...SIGNED_IN },
  { name: 'postern, warm, 2 workers', gateway: 'postern_two', ...SIGNED_IN },
  {
    name: "postern, warm, a browser's headers",
    gateway: 'postern',
    ...SIGNED_IN,
    headers: OF_A_BROWSER,
    path: '/reports/2026/page',
  },
  {
    name: 'postern, API token',
    gateway: 'postern',
    ...SIGNED_IN,
    cookie: null,
    authorization: 'api_token',
    path: '/reports/2026/export',
  },
  { name: 'postern, no cookie', gateway: 'postern', cookie: null, path: '/reports/2026/unknown', ...REFUSED },
  { name: 'postern, forged cookie', gateway: 'postern', cookie: 'forged', path: '/reports/2026/forgery', ...REFUSED },
  {
    name: 'postern, public path',
    gateway: 'postern',
    cookie: null,
    path: '/public/logo.svg',
    status: 200,
    user: /^$/,
    counted: { decision: 'allow', tier: 'none' },
  },
  { name: 'postern, from Redis (L2)', gateway: 'postern_l2', ...MANY, counted: { decision: 'allow', tier: 'l2' } },
  { name: 'postern, from PostgreSQL (L3)', gateway: 'postern_l3', ...MANY, counted: { decision: 'allow', tier: 'l3' } },
]

/** The line of another gateway. @param status that it answers */
export function caseOfOther(status: number): Case {
  const about = { name: OTHER_CASE, gateway: 'against', cookie: 'of_other', path: PAGE, counted: null } as const
  return status === 401 ? { ...about, status, user: null } : { ...about, status: 200, user: /^/ }
}

/** What is asked directly about a signed-in request, over both kinds of listener. */
export const DIRECT_CASES = [
  { name: 'nginx return 204, unix', gateway: 'nginx', status: 204 },
  { name: 'nginx return 204, tcp', gateway: 'nginx_tcp', status: 204 },
  { name: 'node:http, unix', gateway: 'node_http', status: 200 },
  { name: 'node:http, tcp', gateway: 'node_http_tcp', status: 200 },
  { name: 'postern, unix', gateway: 'postern', status: 200 },
  { name: 'postern, unix, lane off', gateway: 'postern_off', status: 200 },
  { name: 'postern, tcp', gateway: 'postern_tcp', status: 200 },
  { name: 'postern, tcp, lane off', gateway: 'postern_tcp_off', status: 200 },
] as const satisfies readonly { name: string; gateway: GatewayName; status: number }[]

const APP_HOSTS = Object.values(HOSTS).join(', ')

/** The policy that the cases are decided by. */
export const POLICY = `version: 1
roles:
  staff: [reports:read]
apps:
  - name: app
    hosts: [${APP_HOSTS}]
    rules:
      - { path: /public/**, methods: [GET], allow: anyone }
      - { path: /old/**, deny: true }
      - { path: /admin/**, require: { role: postern-admin } }
      - { path: /reports/**, methods: [GET], require: { permission: 'reports:read' } }
      - require: {}
`
