import type { SnippetApp } from './site.ts'

/** Where Postern is in a cluster, as the manifests in `k8s/` have it. */
export const POSTERN_SERVICE = { name: 'postern', namespace: 'postern', portalPort: 9080, verifyPort: 9081 } as const

/** Address of the verify listener from any namespace. */
export const VERIFY_URL = `http://${POSTERN_SERVICE.name}.${POSTERN_SERVICE.namespace}.svc.cluster.local:${POSTERN_SERVICE.verifyPort}`

/** What the gateway needs to see of a request where a proxy sends nothing unasked, in small letters. */
export const ASKED_HEADERS = [
  'cookie',
  'authorization',
  'user-agent',
  'accept',
  'accept-language',
  'origin',
  'x-requested-with',
  'sec-fetch-mode',
  'sec-fetch-dest',
  'sec-fetch-site',
  'x-forwarded-proto',
  'x-forwarded-for',
]

/** Documents of a YAML file, with what is said of all of them in front. */
export function manifests(head: readonly string[], documents: readonly (readonly string[])[]): string {
  const notes = head.map((line) => `# ${line}`)
  return [notes.join('\n'), ...documents.map((lines) => lines.join('\n'))].join('\n---\n')
}

/** A list on one line; every entry is a name or a path, so that none needs more than quotes. */
export function flow(entries: readonly string[]): string {
  return `[${entries.map((entry) => `'${entry}'`).join(', ')}]`
}

/** The head of a resource beside the app, whose Service has the upstream's name. */
export function resource(apiVersion: string, kind: string, name: string): string[] {
  return [`apiVersion: ${apiVersion}`, `kind: ${kind}`, 'metadata:', `  name: ${name}`]
}

/** The app's name where only letters, digits and hyphens may stand. */
export function resourceName({ name }: SnippetApp): string {
  return name.replace(/[^a-z0-9]+/g, '-').replace(/-$/, '')
}
