import type { ListenAddress } from '../config/values.ts'
import { addressOf, byPort, clearedHeaders, hostPattern, indent, NOT_FOR_PORTAL } from './site.ts'
import type { SnippetApp, SnippetSite } from './site.ts'

/** A whole `haproxy.cfg`, for HAProxy 2.6 and later with Lua. */
export function haproxySnippet({ verify, portal, apps }: SnippetSite): string {
  const frontends = byPort(apps)
  // Where browsers look first when no scheme is given.
  const redirected = apps.filter(({ scheme, port }) => scheme === 'https' && port === 443)
  const ports = new Set([...frontends.keys(), ...(redirected.length > 0 ? [80] : [])])
  const lines = [
    ...HEAD,
    ...[...ports].flatMap((port) => ['', ...frontend(port, frontends.get(port) ?? [], port === 80 ? redirected : [])]),
    '',
    ...portalBackend(portal, apps),
    ...apps.flatMap((app) => ['', ...appBackend(app, verify)]),
  ]
  return lines.join('\n')
}

const HEAD = [
  '# Made by "postern snippet haproxy". The secret comes from the environment of HAProxy, as POSTERN_PROXY_SECRET.',
  'global',
  '    lua-load /etc/haproxy/postern.lua',
  '    # A whole head must fit: 32 KiB of cookies, and what is added on the way.',
  '    tune.bufsize 65536',
  '    tune.maxrewrite 8192',
  '',
  'defaults',
  '    mode http',
  '    timeout http-request 10s',
  '    timeout connect 2s',
  '    timeout client 60s',
  '    timeout server 60s',
  '    timeout tunnel 1h',
]

function hostRules(apps: readonly SnippetApp[]): string[] {
  return [
    'http-request set-var(txn.postern_host) req.hdr(Host),host_only,lower',
    ...apps.flatMap((app) => app.hosts.map((host) => `acl postern_${app.name} ${hostTest(host)}`)),
    '# Any other host name, and every malformed one, ends here.',
    `http-request deny deny_status 421 if ${apps.map((app) => `!postern_${app.name}`).join(' ')}`,
  ]
}

/** @param redirected apps that are asked for without TLS here, and are elsewhere */
function frontend(port: number, apps: readonly SnippetApp[], redirected: readonly SnippetApp[]): string[] {
  const tls = apps[0]?.scheme === 'https' ? ' ssl crt /etc/ssl/postern/fullchain-and-key.pem alpn h2,http/1.1' : ''
  const inside = [
    `bind :${port}${tls}`,
    ...hostRules([...apps, ...redirected]),
    ...redirected.map((app) => `http-request redirect scheme https code 308 if postern_${app.name}`),
    ...(apps.length === 0 ? [] : ["# Postern's own pages.", 'use_backend postern_portal if { path_beg /.postern/ }']),
    ...apps.map((app) => `use_backend postern_app_${app.name} if postern_${app.name}`),
  ]
  return [`frontend postern_${port}`, ...indent(inside, '    ')]
}

function hostTest(host: string): string {
  return `var(txn.postern_host) -m ${host.startsWith('*.') ? `reg ${hostPattern(host)}` : `str ${host}`}`
}

function portalBackend(portal: ListenAddress, apps: readonly SnippetApp[]): string[] {
  const cleared = [...new Set([...apps.flatMap(clearedHeaders), ...NOT_FOR_PORTAL])]
  return ['backend postern_portal', ...indent([...cleaning(cleared), `server portal ${serverOf(portal)}`], '    ')]
}

function appBackend(app: SnippetApp, verify: ListenAddress): string[] {
  const { scheme, host, port } = app.upstream
  return [
    `# ${app.name}: nothing but this HAProxy may reach it. Whoever can send it a Remote-User header is that user.`,
    `backend postern_app_${app.name}`,
    ...indent(
      [
        ...cleaning(clearedHeaders(app)),
        "# May this pass, and who is it? The app's name in the policy, where the gateway listens, and what the app is told.",
        `http-request lua.postern ${app.name} ${serverOf(verify)} ${app.identity.join(',')}`,
        '# Closed, whatever became of the question.',
        'http-request deny deny_status 503 unless { var(txn.postern) -m str let_in }',
        `server app ${host}:${port}${scheme === 'https' ? ' ssl verify required ca-file @system-ca' : ''}`,
      ],
      '    ',
    ),
  ]
}

/** Clears what no client may say, and says it in this proxy's words. */
function cleaning(names: readonly string[]): string[] {
  return [
    '# Only WebSocket is passed on. An app that accepts "h2c" would let the rest of the connection past the gateway.',
    'http-request deny deny_status 400 if { req.fhdr(Upgrade) -m found } !{ req.fhdr(Upgrade) -i websocket }',
    'http-request deny deny_status 400 if { req.fhdr_cnt(Upgrade) gt 1 }',
    'http-request del-header Connection unless { req.fhdr(Upgrade) -m found }',
    'http-request set-header Connection upgrade if { req.fhdr(Upgrade) -m found }',
    '# What no client may say. Other spellings of these names reach the gateway, which refuses them.',
    ...names.map((name) => `http-request del-header ${name}`),
    'http-request set-header X-Forwarded-For %[src]',
    'http-request set-header X-Forwarded-Host %[req.hdr(Host)]',
    'http-request set-header X-Forwarded-Port %[dst_port]',
    'http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]',
  ]
}

function serverOf(address: ListenAddress): string {
  return address.kind === 'unix' ? `unix@${address.path}` : addressOf(address)
}
