import type { ListenAddress } from '../config/values.ts'
import { addressOf, byPort, clearedHeaders, indent, NOT_FOR_PORTAL, originOf } from './site.ts'
import type { SnippetApp, SnippetSite } from './site.ts'

/** Virtual hosts for httpd 2.4.47 and later with mod_lua and luasocket. */
export function apacheSnippet({ verify, portal, apps }: SnippetSite): string {
  const lines = [
    '# Made by "postern snippet apache". Modules: ssl headers setenvif alias proxy proxy_http lua, and the package',
    '# lua-socket. The secret comes from the environment of httpd, as POSTERN_PROXY_SECRET.',
    '# A browser may hold 32 KiB of cookies for one host.',
    'LimitRequestFieldSize 40960',
    'LuaScope thread',
    ...[...byPort(apps)].flatMap(([port, [app]]) => ['', ...defaultHost(port, app)]),
    ...apps.flatMap((app) => ['', ...appHost(app, { verify, portal })]),
  ]
  return lines.join('\n')
}

const TLS = [
  'SSLEngine on',
  'SSLCertificateFile /etc/ssl/postern/fullchain.pem',
  'SSLCertificateKeyFile /etc/ssl/postern/privkey.pem',
]

function defaultHost(port: number, { scheme }: SnippetApp): string[] {
  const inside = ['ServerName postern.invalid', ...(scheme === 'https' ? TLS : []), 'Redirect 421 /']
  return [
    '# Any other host name ends here: httpd gives it to the first of its virtual hosts.',
    `<VirtualHost *:${port}>`,
    ...indent(inside, '    '),
    '</VirtualHost>',
  ]
}

function appHost(app: SnippetApp, gateway: Pick<SnippetSite, 'verify' | 'portal'>): string[] {
  const exact = app.hosts.find((host) => !host.startsWith('*.')) ?? `${app.name}.postern.invalid`
  const others = app.hosts.filter((host) => host !== exact)
  const alias = others.length === 0 ? [] : [`ServerAlias ${others.join(' ')}`]
  const inside = [`ServerName ${exact}`, ...alias, ...(app.scheme === 'https' ? TLS : []), ...protection(app, gateway)]
  return [
    `# ${app.name}: nothing but this httpd may reach it. Whoever can send it a Remote-User header is that user.`,
    `<VirtualHost *:${app.port}>`,
    ...indent(inside, '    '),
    '</VirtualHost>',
  ]
}

function protection(app: SnippetApp, { verify, portal }: Pick<SnippetSite, 'verify' | 'portal'>): string[] {
  const upstream = originOf(app.upstream)
  const pages = `http://${addressOf(portal)}`
  return [
    '',
    '# What no client may say. Other spellings of these names reach the gateway, which refuses them.',
    ...clearedHeaders(app).map((header) => `RequestHeader unset ${header} early`),
    `RequestHeader set X-Forwarded-Proto ${app.scheme} early`,
    '',
    "# The app's name in the policy, where the gateway listens, and what the app is told.",
    `SetEnvIfExpr "true" POSTERN_APP=${app.name}`,
    `SetEnvIfExpr "true" POSTERN_GATEWAY=${gatewayOf(verify)}`,
    `SetEnvIfExpr "true" POSTERN_HEADERS=${app.identity.join(',')}`,
    'LuaHookAccessChecker /etc/apache2/postern.lua check',
    '',
    '# The app must get the path that the gateway judged.',
    'AllowEncodedSlashes NoDecode',
    'UseCanonicalName Off',
    'ProxyRequests Off',
    'ProxyPreserveHost On',
    ...(app.upstream.scheme === 'https' ? ['SSLProxyEngine on'] : []),
    '<Location "/.postern/">',
    ...indent(
      NOT_FOR_PORTAL.map((name) => `RequestHeader unset ${name}`),
      '    ',
    ),
    '</Location>',
    `ProxyPass "/.postern/" "${pages}/.postern/" nocanon upgrade=websocket`,
    `ProxyPass "/" "${upstream}/" nocanon upgrade=websocket`,
  ]
}

function gatewayOf(address: ListenAddress): string {
  return address.kind === 'unix' ? `unix:${address.path}` : addressOf(address)
}
