import { IDENTITY_HEADERS } from '../../src/policies/header-rules.ts'
import type { SnippetApp, SnippetSite } from '../../src/snippets/site.ts'

/** The app of the documentation, which is told one header of its own. */
export const WIKI: SnippetApp = {
  name: 'wiki',
  hosts: ['wiki.example.com'],
  scheme: 'https',
  port: 443,
  upstream: { scheme: 'http', host: '127.0.0.1', port: 8080 },
  identity: [...IDENTITY_HEADERS, 'X-WEBAUTH-USER'],
  own: ['X-WEBAUTH-USER'],
}

/** A site with the addresses of the documentation. */
export function siteWith(...apps: readonly SnippetApp[]): SnippetSite {
  return {
    verify: { kind: 'unix', path: '/run/postern/verify.sock' },
    portal: { kind: 'tcp', host: '127.0.0.1', port: 9080 },
    apps,
  }
}
