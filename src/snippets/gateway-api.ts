import { OperatorError } from '../errors.ts'
import { ASKED_HEADERS, POSTERN_SERVICE, flow, manifests, resource, resourceName } from './cluster.ts'
import { OURS, PROXY_WORDS } from './site.ts'
import type { SnippetApp, SnippetSite } from './site.ts'

/** Routes of the Gateway API with its ExternalAuth filter, whose gateways send the original target after a prefix. */
export function gatewayApiSnippet({ apps }: SnippetSite): string {
  const notes = [
    'Made by "postern snippet gateway-api", after GEP-1494 of Gateway API 1.6, experimental channel; not run.',
    'For Cilium 1.20 and Istio with agentgateway; NGINX Gateway Fabric wants "postern snippet ngf", Envoy Gateway',
    '"postern snippet envoy-gateway".',
    ...SHARED_NOTES,
  ]
  const documents = apps.flatMap((app) => [
    portalRoute(app),
    filteredRoute(app, `/verify/ext-authz/app/${app.name}`),
    grant(app),
  ])
  return manifests(notes, documents)
}

/** The same for NGINX Gateway Fabric, which sends a fixed path and tells the original one by headers. */
export function ngfSnippet({ apps }: SnippetSite): string {
  const notes = [
    'Made by "postern snippet ngf", after the source of NGINX Gateway Fabric of August 2026; not run.',
    'It sends no address of the client: an app with rules for networks is refused whole. It leads nobody to the',
    'sign-in page either: visitors get a bare 401 and open /.postern/start of the app themselves.',
    ...SHARED_NOTES,
  ]
  const documents = apps.flatMap((app) => [
    portalRoute(app),
    filteredRoute(app, `/verify/ngf/app/${app.name}`),
    grant(app),
  ])
  return manifests(notes, documents)
}

/** For Envoy Gateway, whose SecurityPolicy stands beside the route. */
export function envoyGatewaySnippet({ apps }: SnippetSite): string {
  const notes = [
    'Made by "postern snippet envoy-gateway", after the documentation of Envoy Gateway 1.9; not run.',
    ...SHARED_NOTES,
  ]
  const documents = apps.flatMap((app) => [portalRoute(app), plainRoute(app), securityPolicy(app), grant(app)])
  return manifests(notes, [...documents, clientTraffic(apps)])
}

const SHARED_NOTES = [
  'Routes hang on a Gateway "public" in the namespace "gateways".',
  'None of them can take cookies out of a request: the app sees those of Postern that belong to its host.',
  'The verify listener takes these requests by their peers: set POSTERN_TRUSTED_PROXIES to the network of the',
  'gateway and POSTERN_VERIFY_WITHOUT_SECRET=yes.',
]

/** Of one RequestHeaderModifier (Gateway API, `maxItems`). */
const MAX_REMOVED = 16

const ROUTE_API = 'gateway.networking.k8s.io/v1'
const AUTH_BACKEND = `{ name: ${POSTERN_SERVICE.name}, namespace: ${POSTERN_SERVICE.namespace}, port: ${POSTERN_SERVICE.verifyPort} }`

function routeHead(app: SnippetApp, name: string): string[] {
  return [
    ...resource(ROUTE_API, 'HTTPRoute', name),
    'spec:',
    '  parentRefs: [{ name: public, namespace: gateways }]',
    `  hostnames: ${flow(app.hosts)}`,
    '  rules:',
  ]
}

/** A route of its own, so that no policy of the app's covers it. */
function portalRoute(app: SnippetApp): string[] {
  return [
    ...routeHead(app, `${resourceName(app)}-postern`),
    "    - matches: [{ path: { type: PathPrefix, value: '/.postern/' } }]",
    '      backendRefs:',
    `        - { name: ${POSTERN_SERVICE.name}, namespace: ${POSTERN_SERVICE.namespace}, port: ${POSTERN_SERVICE.portalPort} }`,
  ]
}

function filteredRoute(app: SnippetApp, path: string): string[] {
  return [
    ...routeHead(app, resourceName(app)),
    '    - filters:',
    '        - type: RequestHeaderModifier',
    `          requestHeaderModifier: { remove: ${flow(removedFrom(app))} }`,
    '        - type: ExternalAuth',
    '          externalAuth:',
    '            protocol: HTTP',
    `            backendRef: ${AUTH_BACKEND}`,
    '            http:',
    `              path: ${path}`,
    `              allowedHeaders: ${flow(ASKED_HEADERS)}`,
    `              allowedResponseHeaders: ${flow([...app.identity])}`,
    ...backend(app),
  ]
}

function plainRoute(app: SnippetApp): string[] {
  return [
    ...routeHead(app, resourceName(app)),
    '    - matches: [{ path: { type: PathPrefix, value: / } }]',
    ...backend(app),
  ]
}

function backend(app: SnippetApp): string[] {
  return ['      backendRefs:', `        - { name: ${app.upstream.host}, port: ${app.upstream.port} }`]
}

/** What a gateway sets itself stays. @throws OperatorError when the filter can't take all that must go */
function removedFrom(app: SnippetApp): string[] {
  const must = [...new Set([...app.identity, ...OURS])]
  if (must.length <= MAX_REMOVED) return [...must, 'X-Original-URL', 'X-Rewrite-URL'].slice(0, MAX_REMOVED)
  throw new OperatorError(`A route can clear ${MAX_REMOVED} headers at most. Tell ${app.name} fewer of its own.`)
}

function securityPolicy(app: SnippetApp): string[] {
  return [
    ...resource('gateway.envoyproxy.io/v1alpha1', 'SecurityPolicy', `${resourceName(app)}-postern`),
    'spec:',
    `  targetRefs: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, name: ${resourceName(app)} }]`,
    '  extAuth:',
    '    failOpen: false',
    '    statusOnError: 503',
    '    timeout: 3s',
    `    headersToExtAuth: ${flow(ASKED_HEADERS)}`,
    '    http:',
    `      path: /verify/ext-authz/app/${app.name}`,
    `      backendRefs: [${AUTH_BACKEND}]`,
    `      headersToBackend: ${flow(app.identity.map((name) => name.toLowerCase()))}`,
  ]
}

/** Before the filter runs; an Envoy that was not told to leaves what a client sent under these names. */
function clientTraffic(apps: readonly SnippetApp[]): string[] {
  const kept = /^X-Forwarded-(?:For|Proto)$/
  const names = [
    ...apps.flatMap(({ identity }) => identity),
    ...OURS,
    ...PROXY_WORDS.filter((name) => !kept.test(name)),
  ]
  return [
    ...resource('gateway.envoyproxy.io/v1alpha1', 'ClientTrafficPolicy', 'postern-strip'),
    '  namespace: gateways',
    'spec:',
    '  targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: public }]',
    '  path: { escapedSlashesAction: RejectRequest, disableMergeSlashes: false }',
    '  headers:',
    '    withUnderscoresAction: RejectRequest',
    `    earlyRequestHeaders: { remove: ${flow([...new Set(names.map((name) => name.toLowerCase()))])} }`,
  ]
}

/** Lets routes of the app's namespace, which is yours to fill in, lead to Postern's Service. */
function grant(app: SnippetApp): string[] {
  return [
    ...resource('gateway.networking.k8s.io/v1beta1', 'ReferenceGrant', `${resourceName(app)}-to-postern`),
    `  namespace: ${POSTERN_SERVICE.namespace}`,
    'spec:',
    '  from:',
    '    - { group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: apps }',
    '    - { group: gateway.envoyproxy.io, kind: SecurityPolicy, namespace: apps }',
    `  to: [{ group: '', kind: Service, name: ${POSTERN_SERVICE.name} }]`,
  ]
}
