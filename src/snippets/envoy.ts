import type { ListenAddress } from '../config/values.ts'
import { ASKED_HEADERS, flow, manifests } from './cluster.ts'
import { addressOf, clearedHeaders, indent } from './site.ts'
import type { SnippetApp, SnippetSite, Upstream } from './site.ts'

/** A filter chain for each app, and the clusters, of a static Envoy. */
export function envoySnippet({ verify, portal, apps }: SnippetSite): string {
  const clusters = [
    ...clusterOf('postern_verify', verify),
    ...clusterOf('postern_portal', portal),
    ...apps.flatMap((app) => clusterOf(`app_${app.name}`, app.upstream)),
  ]
  return manifests(NOTES, [['filter_chains:', ...apps.flatMap(filterChain), 'clusters:', ...clusters]])
}

const NOTES = [
  'Made by "postern snippet envoy", after the documentation of Envoy 1.33; not run against it.',
  'One filter chain for each app, chosen by the name TLS was opened for: path_prefix belongs to a whole filter.',
  'Envoy can not take cookies out of a request: the app sees those of Postern that belong to its host.',
]

const TYPE = 'type.googleapis.com/envoy.extensions.filters'

function filterChain(app: SnippetApp): string[] {
  return [
    `  - filter_chain_match: { server_names: ${flow(app.hosts)} }`,
    '    # transport_socket: the certificate of these names',
    '    filters:',
    '      - name: envoy.filters.network.http_connection_manager',
    '        typed_config:',
    ...indent(connectionManager(app), '          '),
  ]
}

function connectionManager(app: SnippetApp): string[] {
  return [
    `'@type': ${TYPE}.network.http_connection_manager.v3.HttpConnectionManager`,
    `stat_prefix: postern_${app.name}`,
    'use_remote_address: true',
    'normalize_path: true',
    'merge_slashes: true',
    'path_with_escaped_slashes_action: REJECT_REQUEST',
    'common_http_protocol_options: { headers_with_underscores_action: REJECT_REQUEST }',
    'upgrade_configs: [{ upgrade_type: websocket }]',
    'route_config:',
    '  virtual_hosts:',
    `    - name: ${app.name}`,
    `      domains: ${flow(app.hosts.flatMap((host) => [host, `${host}:*`]).filter((host) => !/^\*.*\*$/.test(host)))}`,
    '      routes:',
    "        - match: { prefix: '/.postern/' }",
    '          route: { cluster: postern_portal }',
    '          typed_per_filter_config:',
    '            envoy.filters.http.ext_authz:',
    `              '@type': ${TYPE}.http.ext_authz.v3.ExtAuthzPerRoute`,
    '              disabled: true',
    "        - match: { prefix: '/' }",
    `          route: { cluster: 'app_${app.name}' }`,
    'http_filters:',
    ...indent([...cleaning(app), ...question(app), ...ROUTER], '  '),
  ]
}

/** Before the question: what a route removes, it removes afterwards. */
function cleaning(app: SnippetApp): string[] {
  const kept = new Set(['X-Forwarded-For', 'X-Forwarded-Proto'])
  const names = clearedHeaders(app).filter((name) => !kept.has(name))
  return [
    '- name: envoy.filters.http.header_mutation',
    '  typed_config:',
    `    '@type': ${TYPE}.http.header_mutation.v3.HeaderMutation`,
    '    mutations:',
    '      request_mutations:',
    ...names.map((name) => `        - remove: ${name.toLowerCase()}`),
  ]
}

function question(app: SnippetApp): string[] {
  const aliases = app.identity.map((name) => name.toLowerCase().split('-').join('[^a-z0-9]+'))
  return [
    '- name: envoy.filters.http.ext_authz',
    '  typed_config:',
    `    '@type': ${TYPE}.http.ext_authz.v3.ExtAuthz`,
    '    transport_api_version: V3',
    '    failure_mode_allow: false',
    '    status_on_error: { code: ServiceUnavailable }',
    '    encode_raw_headers: true',
    '    allowed_headers:',
    '      patterns:',
    ...ASKED_HEADERS.map((name) => `        - exact: ${name}`),
    '        # Other spellings of what tells who somebody is: the gateway refuses them.',
    ...aliases.map((pattern) => `        - safe_regex: { regex: '${pattern}' }`),
    '    http_service:',
    `      path_prefix: /verify/ext-authz/app/${app.name}`,
    '      server_uri: { uri: http://postern, cluster: postern_verify, timeout: 3s }',
    '      # authorization_request: { headers_to_add: [{ key: X-Postern-Secret, value: change-me }] }',
    '      authorization_response:',
    '        allowed_upstream_headers:',
    '          patterns:',
    ...app.identity.map((name) => `            - exact: ${name.toLowerCase()}`),
  ]
}

const ROUTER = ['- name: envoy.filters.http.router', '  typed_config:', `    '@type': ${TYPE}.http.router.v3.Router`]

function clusterOf(name: string, where: ListenAddress | Upstream): string[] {
  return [
    `  - name: ${name}`,
    `    type: ${'kind' in where && where.kind === 'unix' ? 'STATIC' : 'STRICT_DNS'}`,
    '    connect_timeout: 2s',
    '    load_assignment:',
    `      cluster_name: ${name}`,
    '      endpoints:',
    `        - lb_endpoints: [{ endpoint: { address: ${endpointOf(where)} } }]`,
  ]
}

function endpointOf(where: ListenAddress | Upstream): string {
  if ('kind' in where && where.kind === 'unix') return `{ pipe: { path: '${where.path}' } }`
  const [, host = '', port = ''] =
    /^\[?(.*?)\]?:(\d+)$/.exec('kind' in where ? addressOf(where) : `${where.host}:${where.port}`) ?? []
  return `{ socket_address: { address: '${host}', port_value: ${port} } }`
}
