import { POSTERN_SERVICE, VERIFY_URL, flow, manifests, resource, resourceName } from './cluster.ts'
import { OURS, PROXY_WORDS, hostPattern } from './site.ts'
import type { SnippetApp, SnippetSite } from './site.ts'

/** Middlewares and a route for Traefik 3 in a cluster. */
export function traefikSnippet({ apps }: SnippetSite): string {
  return manifests(NOTES, apps.flatMap(documentsOf))
}

const NOTES = [
  'Made by "postern snippet traefik", after the documentation of Traefik 3; not run against it.',
  'Needs 3.7.13 or later, which drops other spellings of headers, and allowCrossNamespace for the pages of Postern.',
  'Traefik can not take cookies out of a request: the app sees those of Postern that belong to its host.',
  'The verify listener takes these requests by their peers: set POSTERN_TRUSTED_PROXIES to the network of the pods',
  'of Traefik and POSTERN_VERIFY_WITHOUT_SECRET=yes.',
  'Put neither StripPrefix nor ReplacePath before the middleware: the app must get the path that was judged.',
]

function documentsOf(app: SnippetApp): string[][] {
  return [cleaning(app), question(app), route(app)]
}

/** Names that forwardAuth doesn't set itself; an empty value takes a header out. */
function cleaning(app: SnippetApp): string[] {
  const ownWords = PROXY_WORDS.filter((name) => !/^X-Forwarded-(?:For|Host|Method|Port|Proto|Server|Uri)$/.test(name))
  const cleared = [...new Set([...app.identity, ...OURS, ...ownWords])]
  return [
    ...resource('traefik.io/v1alpha1', 'Middleware', `${resourceName(app)}-postern-clean`),
    'spec:',
    '  headers:',
    '    customRequestHeaders:',
    ...cleared.map((name) => `      ${name}: ''`),
  ]
}

function question(app: SnippetApp): string[] {
  return [
    ...resource('traefik.io/v1alpha1', 'Middleware', `${resourceName(app)}-postern`),
    'spec:',
    '  forwardAuth:',
    `    address: ${VERIFY_URL}/verify/forward/app/${app.name}`,
    '    trustForwardHeader: false',
    '    maxResponseBodySize: 65536',
    '    # Listed ones are taken out of the request before they are set.',
    `    authResponseHeaders: ${flow(app.identity)}`,
  ]
}

function route(app: SnippetApp): string[] {
  const hosts = app.hosts.map(hostRule).join(' || ')
  return [
    ...resource('traefik.io/v1alpha1', 'IngressRoute', `${resourceName(app)}-postern`),
    'spec:',
    `  entryPoints: [${app.scheme === 'https' ? 'websecure' : 'web'}]`,
    '  routes:',
    '    - kind: Rule',
    `      match: (${hosts}) && PathPrefix(\`/.postern/\`)`,
    '      priority: 1000',
    `      middlewares: [{ name: ${resourceName(app)}-postern-clean }]`,
    '      services:',
    `        - { name: ${POSTERN_SERVICE.name}, namespace: ${POSTERN_SERVICE.namespace}, port: ${POSTERN_SERVICE.portalPort} }`,
    '    - kind: Rule',
    `      match: ${hosts}`,
    '      middlewares:',
    `        - name: ${resourceName(app)}-postern-clean`,
    `        - name: ${resourceName(app)}-postern`,
    '      services:',
    `        - { name: ${app.upstream.host}, port: ${app.upstream.port} }`,
    ...(app.scheme === 'https' ? ['  tls:', `    secretName: ${resourceName(app)}-tls`] : []),
  ]
}

function hostRule(host: string): string {
  return host.startsWith('*.') ? `HostRegexp(\`${hostPattern(host)}\`)` : `Host(\`${host}\`)`
}
