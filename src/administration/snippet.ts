import type { Config } from '../config/settings.ts'
import type { ListenAddress } from '../config/values.ts'
import { OperatorError } from '../errors.ts'
import { readPort } from '../lib/address.ts'
import { readHost } from '../lib/host.ts'
import { nearest } from '../lib/nearest.ts'
import type { App } from '../policies/decision.ts'
import { ASSERTION_HEADER, IDENTITY_HEADERS } from '../policies/header-rules.ts'
import { defaultPort, effectivePort, indexedName } from '../policies/host-index.ts'
import type { Policies } from '../policies/policies.ts'
import type { SnippetApp, Upstream } from '../snippets/site.ts'
import { SNIPPETS } from '../snippets/snippets.ts'

/** What the snippets of a site are made from. */
export interface SnippetParts {
  readonly config: Pick<Config, 'listen' | 'verifyListen' | 'tlsCertificateFile'>
  readonly policies: Pick<Policies, 'current'>
}

export interface SnippetWish {
  /** Name in `SNIPPETS`. */
  readonly proxy: string
  /** Names in the policy. */
  readonly apps: readonly string[]
  /** A URL for each app, in their order, where it isn't the usual one. */
  readonly upstreams: readonly string[]
}

/** What the text of a proxy says whose snippet doesn't know of it. */
const SECURE =
  "# Postern's listeners speak TLS (POSTERN_TLS_CERTIFICATE_FILE), but what follows asks them without: docs/tls.md says how this proxy asks."

/**
 * The configuration of one proxy for apps of the policy in force.
 * @throws OperatorError that says which part of the wish can't be met
 */
export function writeSnippet(
  { config, policies }: SnippetParts,
  { proxy, apps: names, upstreams }: SnippetWish,
): string {
  const kind = Object.hasOwn(SNIPPETS, proxy) ? SNIPPETS[proxy] : undefined
  if (kind === undefined) throw unknown('proxy', proxy, Object.keys(SNIPPETS))
  const { apps } = policies.current()
  const chosen = names.map((name, place) => {
    const app = apps.get(name)
    if (app === undefined) throw unknown('app', name, [...apps.keys()])
    return snippetApp(
      app,
      readUpstream(upstreams[place] ?? (kind.inCluster ? `http://${serviceName(name)}` : 'http://127.0.0.1:8080')),
    )
  })
  if (chosen.length === 0) throw new OperatorError('Name an app: --app wiki', 2)
  if (upstreams.length > chosen.length) throw new OperatorError('There are more upstreams than apps.', 2)
  const secure = config.tlsCertificateFile !== null
  const text = kind.write({ verify: config.verifyListen, portal: mustBeTcp(config.listen), secure, apps: chosen })
  return secure && proxy !== 'nginx' ? `${SECURE}\n${text}` : text
}

function mustBeTcp(listen: ListenAddress): ListenAddress {
  if (listen.kind === 'tcp') return listen
  throw new OperatorError('Configurations are printed for a portal that listens on a port. Set POSTERN_LISTEN.', 1)
}

function snippetApp(app: App, upstream: Upstream): SnippetApp {
  const own = [...app.identity.headers.keys()]
  const [first, ...rest] = app.hosts.map(indexedName)
  if (first === undefined) throw new OperatorError(`${app.name} has no host.`)
  return {
    name: app.name,
    hosts: [first, ...rest],
    scheme: app.scheme,
    port: effectivePort(app),
    upstream,
    identity: [...IDENTITY_HEADERS, ...own, ...(app.identity.assertion ? [ASSERTION_HEADER] : [])],
    own,
    ...(app.basic === 'passwords' && { hidesPasswords: true }),
  }
}

/** @throws OperatorError for all but a scheme, a host and perhaps a port: these end up in a configuration as they are */
function readUpstream(text: string): Upstream {
  const [, scheme, host = '', , port] = /^(https?):\/\/(\[[^\]]*\]|[^:/?#@]*)(:(\d+))?\/?$/.exec(text) ?? []
  const name = readHost(host)?.name
  const chosen = port === undefined ? null : readPort(port)
  const isRead = (scheme === 'http' || scheme === 'https') && name !== undefined
  if (!isRead || (port !== undefined && chosen === null)) {
    throw new OperatorError('An upstream is a URL without path, such as http://127.0.0.1:8080.', 2)
  }
  return { scheme, host: name, port: chosen ?? defaultPort(scheme) }
}

/** A Service's name is a label of a host name. */
function serviceName(appName: string): string {
  return appName.replace(/[^a-z0-9]+/g, '-').replace(/-$/, '')
}

function unknown(what: string, name: string, known: readonly string[]): OperatorError {
  const near = nearest(name, known)
  const hint = known.length === 0 ? 'There is none yet.' : `Did you mean ${near}? There are: ${known.join(', ')}.`
  return new OperatorError(`There is no ${what} of that name. ${hint}`, 2)
}
