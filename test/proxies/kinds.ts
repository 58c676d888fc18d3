import { startApache } from '../support/apache.ts'
import { startCaddy } from '../support/caddy.ts'
import { startHaproxy } from '../support/haproxy.ts'
import { startNginxBySnippet } from '../support/nginx-by-snippet.ts'
import type { Kind } from './world.ts'

/** The proxies that a Debian machine can have. */
export const KINDS: readonly Kind[] = [
  { name: 'nginx', start: startNginxBySnippet },
  { name: 'caddy', start: startCaddy },
  { name: 'haproxy', start: startHaproxy },
  { name: 'apache', start: startApache },
]
