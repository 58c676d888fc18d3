import type { ListenAddress } from '../config/values.ts'
import { addressOf, byPort, hostPattern, indent } from './site.ts'
import type { SnippetApp, SnippetSite } from './site.ts'

/** A `site.conf` for the shipped `nginx/`, whose includes hold all that is the same for every app. */
export function nginxSnippet({ verify, portal, secure = false, apps }: SnippetSite): string {
  const asked = { verify: secure && verify.kind === 'tcp' ? 'https' : 'http', portal: secure } as const
  const lines = [
    '# Made by "postern snippet nginx": the site.conf beside nginx/postern/. Postern\'s own includes do the rest.',
    '',
    ...upstream('postern_verify', serverOf(verify)),
    ...upstream('postern_portal', serverOf(portal)),
    '',
    '# Any other host name, and every malformed one, ends here, so that a forged name never reaches the gateway.',
    ...[...byPort(apps)].flatMap(([port, [app]]) => defaultServer(port, app.scheme === 'https')),
    ...(apps.some(isOrdinary) && !apps.some(({ port }) => port === 80) ? defaultServer(80, false) : []),
    ...apps.flatMap((app) => appServers(app, asked)),
  ]
  return lines.join('\n')
}

const CERTIFICATE = [
  'ssl_certificate /etc/ssl/postern/fullchain.pem;',
  'ssl_certificate_key /etc/ssl/postern/privkey.pem;',
]

function serverOf(address: ListenAddress): string {
  return address.kind === 'unix' ? `unix:${address.path}` : addressOf(address)
}

function upstream(name: string, server: string): string[] {
  return [`upstream ${name} {`, `    server ${server};`, '    include postern/upstream.conf;', '}']
}

function defaultServer(port: number, secure: boolean): string[] {
  const listen = `listen ${port}${secure ? ' ssl' : ''} default_server;`
  return ['server {', ...indent([listen, 'server_name _;', ...(secure ? CERTIFICATE : []), 'return 421;'], '    '), '}']
}

/** Reached where browsers look first when no scheme is given, so that plain HTTP can lead there. */
function isOrdinary({ scheme, port }: SnippetApp): boolean {
  return scheme === 'https' && port === 443
}

/** How Postern's own listeners are asked. */
interface Asked {
  readonly verify: 'http' | 'https'
  /** Whether the portal speaks TLS. */
  readonly portal: boolean
}

function appServers(app: SnippetApp, asked: Asked): string[] {
  const { host, port } = app.upstream
  const names = app.hosts.map((name) => (name.startsWith('*.') ? `~${hostPattern(name)}` : name)).join(' ')
  const redirect = ['listen 80;', `server_name ${names};`, 'return 308 https://$host$request_uri;']
  return [
    '',
    `# ${app.name}: nothing but this nginx may reach it. Whoever can send it a Remote-User header is that user.`,
    ...upstream(`postern_app_${app.name}`, `${host}:${port}`),
    ...(isOrdinary(app) ? ['server {', ...indent(redirect, '    '), '}'] : []),
    'server {',
    ...indent(appServer(app, names, asked), '    '),
    '}',
  ]
}

function appServer(app: SnippetApp, names: string, asked: Asked): string[] {
  const upstreamIsSecure = app.upstream.scheme === 'https'
  const secure = app.scheme === 'https'
  const target = `${app.upstream.scheme}://postern_app_${app.name}`
  return [
    `listen ${app.port}${secure ? ' ssl' : ''};`,
    `server_name ${names};`,
    ...(secure ? CERTIFICATE : []),
    'proxy_headers_hash_max_size 1024;',
    'proxy_headers_hash_bucket_size 128;',
    ...(asked.portal ? ['set $postern_scheme https;', 'include gateway-tls.conf;'] : []),
    '',
    'location = /.postern/verify {',
    '    include postern/verify.conf;',
    ...app.own.map((name) => `    proxy_set_header ${name} "";`),
    `    proxy_pass ${asked.verify}://postern_verify/verify/nginx/app/${app.name};`,
    '    # One of the values of POSTERN_PROXY_SECRET, where that is set.',
    '    # proxy_set_header X-Postern-Secret "change-me";',
    '}',
    '',
    'include postern/portal.conf;',
    '',
    '# Every further location needs the same lines; one without them is open to everybody.',
    'location / {',
    '    include postern/protect.conf;',
    ...app.own.flatMap((name) => tellLines(name)),
    ...(app.hidesPasswords === true && !tellsPassword(app) ? ['    set $postern_app_authorization "";'] : []),
    ...(upstreamIsSecure ? ['    proxy_ssl_server_name on;', `    proxy_ssl_name ${app.upstream.host};`] : []),
    '    client_max_body_size 100m;',
    `    proxy_pass ${target}; # no path here: the app must get what the gateway judged`,
    '}',
  ]
}

/** Whether the app is told a password of ours in the place of the visitor's. */
function tellsPassword({ own }: SnippetApp): boolean {
  return own.some((name) => name.toLowerCase() === 'authorization')
}

/** Set always: an empty one removes what the client sent under that name. */
function tellLines(name: string): string[] {
  const variable = name.toLowerCase().replaceAll('-', '_')
  // The include sets this one already, from a variable that is ours to fill.
  if (variable === 'authorization')
    return ['    auth_request_set $postern_app_authorization $upstream_http_authorization;']
  return [
    `    auth_request_set $postern_own_${variable} $upstream_http_${variable};`,
    `    proxy_set_header ${name} $postern_own_${variable};`,
  ]
}
