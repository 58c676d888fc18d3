import { POSTERN_SERVICE, VERIFY_URL, manifests, resource, resourceName } from './cluster.ts'
import { OURS, indent } from './site.ts'
import type { SnippetApp, SnippetSite } from './site.ts'

/** Two Ingresses for each app: its own with annotations, and that of Postern's pages. */
export function ingressNginxSnippet({ apps }: SnippetSite): string {
  return manifests(
    NOTES,
    apps.flatMap((app) => [appIngress(app), portalIngress(app)]),
  )
}

const NOTES = [
  'Made by "postern snippet ingress-nginx", after the source of ingress-nginx 1.15.1, its last; not run against it.',
  'The project ended in March 2026: move on when you can. Traefik, which reads the same annotations, sends other',
  'headers: there use "postern snippet traefik" instead.',
  'Set neither auth-cache-key nor auth-keepalive: one gives a visitor the answer of another, the other is broken.',
  'Annotations can not take cookies out of a request: the app sees those of Postern that belong to its host.',
  'The verify listener takes these requests by their peers: set POSTERN_TRUSTED_PROXIES to the network of the pods',
  'of the controller and POSTERN_VERIFY_WITHOUT_SECRET=yes.',
]

const PREFIX = 'nginx.ingress.kubernetes.io'

function appIngress(app: SnippetApp): string[] {
  return [
    ...resource('networking.k8s.io/v1', 'Ingress', resourceName(app)),
    '  annotations:',
    `    ${PREFIX}/auth-url: '${VERIFY_URL}/verify/ingress-nginx/app/${app.name}'`,
    `    ${PREFIX}/auth-method: 'GET'`,
    `    ${PREFIX}/auth-signin: '${app.scheme}://$host/.postern/start?rd=$escaped_request_uri'`,
    '    # Listed ones are set or taken out, whatever the client sent.',
    `    ${PREFIX}/auth-response-headers: '${[...new Set([...app.identity, ...OURS])].join(',')}'`,
    `    ${PREFIX}/proxy-buffer-size: '16k'`,
    ...spec(app, { name: app.upstream.host, port: app.upstream.port, path: '/' }),
  ]
}

/** In Postern's own namespace, as an Ingress leads to Services beside it alone. */
function portalIngress(app: SnippetApp): string[] {
  return [
    ...resource('networking.k8s.io/v1', 'Ingress', `${resourceName(app)}-postern`),
    `  namespace: ${POSTERN_SERVICE.namespace}`,
    ...spec(app, { name: POSTERN_SERVICE.name, port: POSTERN_SERVICE.portalPort, path: '/.postern/' }),
  ]
}

interface Target {
  readonly name: string
  readonly port: number
  readonly path: string
}

function spec(app: SnippetApp, { name, port, path }: Target): string[] {
  const hosts = app.hosts.map((host) => `'${host}'`).join(', ')
  const rules = app.hosts.flatMap((host) => [
    `    - host: '${host}'`,
    '      http:',
    '        paths:',
    `          - path: ${path}`,
    '            pathType: Prefix',
    '            backend:',
    `              service: { name: ${name}, port: { number: ${port} } }`,
  ])
  const tls =
    app.scheme === 'https' ? ['  tls:', `    - { hosts: [${hosts}], secretName: ${resourceName(app)}-tls }`] : []
  return ['spec:', ...indent(['ingressClassName: nginx'], '  '), ...tls, '  rules:', ...rules]
}
