import { POSTERN_SERVICE, manifests, resource, resourceName } from './cluster.ts'
import { OURS, PROXY_WORDS, indent } from './site.ts'
import type { SnippetApp, SnippetSite } from './site.ts'

/** A Policy and a VirtualServer for the NGINX Ingress Controller of F5. */
export function f5NginxSnippet({ apps }: SnippetSite): string {
  return manifests(
    NOTES,
    apps.flatMap((app) => [policy(app), virtualServer(app)]),
  )
}

const NOTES = [
  'Made by "postern snippet f5-nginx", after the source of the NGINX Ingress Controller 5.5; not run against it.',
  'Needs -enable-snippets: without them the gateway is told neither path nor method, and forged headers reach it.',
  'Postern\'s pages need a Service "postern-portal" beside the app, of type ExternalName, that leads to them.',
  'Nothing here takes cookies out of a request: the app sees those of Postern that belong to its host.',
]

function policy(app: SnippetApp): string[] {
  const said = [
    'X-Original-URI $request_uri',
    'X-Original-Method $request_method',
    'X-Original-Proto $scheme',
    'X-Original-Host $host',
    'X-Real-IP $remote_addr',
  ]
  const saidNames = new Set([
    ...said.map((line) => line.split(' ')[0] ?? ''),
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Port',
    'X-Forwarded-Proto',
  ])
  const cleared = [...new Set([...app.identity, ...OURS, ...PROXY_WORDS])].filter((name) => !saidNames.has(name))
  return [
    ...resource('k8s.nginx.org/v1', 'Policy', `${resourceName(app)}-postern`),
    'spec:',
    '  externalAuth:',
    `    authServiceName: ${POSTERN_SERVICE.namespace}/${POSTERN_SERVICE.name}`,
    `    authServicePorts: [${POSTERN_SERVICE.verifyPort}]`,
    `    authURI: /verify/nginx/app/${app.name}`,
    '    authSnippets: |',
    ...indent(
      [
        ...said.map((line) => `proxy_set_header ${line};`),
        ...cleared.map((name) => `proxy_set_header ${name} "";`),
        '# proxy_set_header X-Postern-Secret "change-me";',
      ],
      '      ',
    ),
  ]
}

function virtualServer(app: SnippetApp): string[] {
  return [
    ...resource('k8s.nginx.org/v1', 'VirtualServer', resourceName(app)),
    'spec:',
    `  host: '${app.hosts[0]}'`,
    ...(app.scheme === 'https' ? [`  tls: { secret: ${resourceName(app)}-tls }`] : []),
    '  upstreams:',
    `    - { name: app, service: ${app.upstream.host}, port: ${app.upstream.port} }`,
    `    - { name: postern, service: postern-portal, port: ${POSTERN_SERVICE.portalPort} }`,
    '  server-snippets: |',
    ...indent(SIGN_IN, '    '),
    '  routes:',
    '    - path: /.postern/',
    '      action: { pass: postern }',
    '    - path: /',
    `      policies: [{ name: ${resourceName(app)}-postern }]`,
    '      action: { pass: app }',
    '      location-snippets: |',
    ...indent(passing(app), '        '),
  ]
}

const SIGN_IN = [
  'location @postern_sign_in {',
  '    if ($postern_location) { return 302 $postern_location; }',
  '    return 401;',
  '}',
]

function passing(app: SnippetApp): string[] {
  const variableOf = (name: string): string => name.toLowerCase().replaceAll('-', '_')
  return [
    'auth_request_set $postern_location $upstream_http_x_postern_location;',
    'error_page 401 = @postern_sign_in;',
    ...app.identity.flatMap((name) => [
      `auth_request_set $postern_${variableOf(name)} $upstream_http_${variableOf(name)};`,
      `proxy_set_header ${name} $postern_${variableOf(name)};`,
    ]),
    ...OURS.filter((name) => !app.identity.includes(name)).map((name) => `proxy_set_header ${name} "";`),
  ]
}
