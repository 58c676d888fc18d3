import type { ListenAddress } from '../config/values.ts'
import { addressOf, byPort, clearedHeaders, indent, NOT_FOR_PORTAL, originOf, TRACE_CONTEXT } from './site.ts'
import type { SnippetApp, SnippetSite } from './site.ts'

/** Site blocks of a Caddyfile, from Caddy 2.6 on. */
export function caddySnippet(site: SnippetSite): string {
  const head = [
    '# Made by "postern snippet caddy". Caddy 2.6.2 ran with it in tests; use 2.11.4 or later for its own fixes.',
    '# Caddy must not believe X-Forwarded-* of its clients: leave trusted_proxies alone, unless another proxy of yours is',
    '# in front. The secret comes from the environment of Caddy, as POSTERN_PROXY_SECRET; without one it stays empty.',
  ]
  const strangers = [...byPort(site.apps)].flatMap(([port, [app]]) => ['', ...strangerBlock(port, app)])
  return [...head, ...strangers, ...site.apps.flatMap((app) => ['', ...siteBlock(app, site)])].join('\n')
}

/** Of the connection and of the body. */
const NOT_ASKED = ['Upgrade', 'Connection', 'Content-Length', 'Transfer-Encoding', 'Expect', 'Accept-Encoding']

/** Our cookies with all that belongs to them; the first group is empty, as Caddy takes no empty replacement. */
const OUR_COOKIES = '()(^|;)[ \\t]*(__(Host|Secure)-postern|postern(_[a-z]+)?[ \\t]*=)[^;]*'

function strangerBlock(port: number, { scheme }: SnippetApp): string[] {
  return [
    '# Any other host name ends here; Caddy itself would say 200.',
    `${scheme}://:${port} {`,
    '\trespond 421',
    '}',
  ]
}

function siteBlock(app: SnippetApp, { verify, portal }: SnippetSite): string[] {
  const addresses = app.hosts.map((host) => `${app.scheme}://${host}${isOwnPort(app) ? '' : `:${app.port}`}`)
  return [
    `# ${app.name}: nothing but this Caddy may reach it. Whoever can send it a Remote-User header is that user.`,
    `${addresses.join(', ')} {`,
    ...(app.scheme === 'https'
      ? [
          '\t# Without this line Caddy gets a certificate by itself.',
          '\t# tls /etc/ssl/postern/fullchain.pem /etc/ssl/postern/privkey.pem',
        ]
      : []),
    ...indent(REQUESTED_WITH, '\t'),
    '\troute {',
    ...indent(
      [...cleaning(app), '', ...portalRoute(portal), '', ...question(app, verify), '', ...passing(app)],
      '\t\t',
    ),
    '\t}',
    '}',
  ]
}

function isOwnPort({ scheme, port }: SnippetApp): boolean {
  return port === (scheme === 'https' ? 443 : 80)
}

const REQUESTED_WITH = [
  '# An upgrade is no visit of a page: it must not be sent to the sign-in page.',
  'map {header.Upgrade} {postern_requested_with} {',
  '\t~.+ upgrade',
  '\tdefault {header.X-Requested-With}',
  '}',
]

function cleaning(app: SnippetApp): string[] {
  return [
    '# Connection names WebSocket or nothing: Caddy would pass on any upgrade, and take out whatever it names, even what',
    '# the gateway has told.',
    '@postern_websocket header_regexp Upgrade (?i)^websocket$',
    'request_header -Connection',
    'request_header @postern_websocket Connection Upgrade',
    'request_header @postern_websocket Upgrade websocket',
    '',
    '# What no client may say. Other spellings of these names reach the gateway, which refuses them.',
    ...clearedHeaders(app).map((name) => `request_header -${name}`),
  ]
}

function portalRoute(portal: ListenAddress): string[] {
  const cleared = NOT_FOR_PORTAL.map((name) => `\theader_up -${name}`)
  return ["# Postern's own pages.", `reverse_proxy /.postern/* ${dialOf(portal)} {`, ...cleared, '}']
}

function question(app: SnippetApp, verify: ListenAddress): string[] {
  return [
    '# May this pass, and who is it? Any other answer than 200 goes to the visitor as it is.',
    `reverse_proxy ${dialOf(verify)} {`,
    '\tmethod GET',
    "\t# The last word is the app's name in the policy; the ? drops the client's query, which Caddy would append.",
    `\trewrite /verify/forward/app/${app.name}?`,
    '\theader_up Host postern',
    '\theader_up X-Forwarded-Method {method}',
    '\theader_up X-Forwarded-Uri {uri}',
    '\theader_up X-Requested-With {postern_requested_with}',
    '\theader_up X-Postern-Secret {env.POSTERN_PROXY_SECRET}',
    ...[...NOT_ASKED, ...TRACE_CONTEXT].map((name) => `\theader_up -${name}`),
    '\ttransport http {',
    '\t\tdial_timeout 2s',
    '\t\tresponse_header_timeout 3s',
    '\t\tkeepalive 60s',
    '\t\tkeepalive_idle_conns_per_host 64',
    '\t\tcompression off',
    '\t}',
    '\t@postern_yes status 200',
    '\thandle_response @postern_yes {',
    ...app.identity.map((name) => `\t\trequest_header ${name} {http.reverse_proxy.header.${canonical(name)}}`),
    '\t}',
    '}',
  ]
}

/** Caddy knows a header's placeholder by this spelling alone; any other would reach the app as text. */
function canonical(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())
}

function passing(app: SnippetApp): string[] {
  return [
    "# Our cookies are keys to the visitor's session; the app gets the others.",
    `request_header Cookie "${OUR_COOKIES}" $1`,
    'request_header Cookie "^()[; \\t]+" $1',
    '@postern_no_cookie header Cookie ""',
    'request_header @postern_no_cookie -Cookie',
    `reverse_proxy ${originOf(app.upstream)}`,
  ]
}

function dialOf(address: ListenAddress): string {
  return address.kind === 'unix' ? `unix/${address.path}` : addressOf(address)
}
