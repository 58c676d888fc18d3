import { apacheSnippet } from './apache.ts'
import { caddySnippet } from './caddy.ts'
import { envoySnippet } from './envoy.ts'
import { f5NginxSnippet } from './f5-nginx.ts'
import { envoyGatewaySnippet, gatewayApiSnippet, ngfSnippet } from './gateway-api.ts'
import { haproxySnippet } from './haproxy.ts'
import { ingressNginxSnippet } from './ingress-nginx.ts'
import { nginxSnippet } from './nginx.ts'
import type { WriteSnippet } from './site.ts'
import { traefikSnippet } from './traefik.ts'

/** One kind of proxy. */
export interface SnippetKind {
  readonly write: WriteSnippet
  /** In a cluster an app is a Service beside the route, else an address of this machine. */
  readonly inCluster: boolean
}

/** By the name of the proxy, as people write it on the command line. */
export const SNIPPETS: Readonly<Record<string, SnippetKind>> = {
  nginx: { write: nginxSnippet, inCluster: false },
  caddy: { write: caddySnippet, inCluster: false },
  haproxy: { write: haproxySnippet, inCluster: false },
  apache: { write: apacheSnippet, inCluster: false },
  envoy: { write: envoySnippet, inCluster: false },
  traefik: { write: traefikSnippet, inCluster: true },
  'ingress-nginx': { write: ingressNginxSnippet, inCluster: true },
  'gateway-api': { write: gatewayApiSnippet, inCluster: true },
  'envoy-gateway': { write: envoyGatewaySnippet, inCluster: true },
  ngf: { write: ngfSnippet, inCluster: true },
  'f5-nginx': { write: f5NginxSnippet, inCluster: true },
}
