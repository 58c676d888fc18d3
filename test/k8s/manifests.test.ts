import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { loadConfig } from '../../src/config/load.ts'
import type { LoadedConfig } from '../../src/config/settings.ts'
import { IDENTITY_HEADERS } from '../../src/policies/header-rules.ts'
import { readPolicyFile } from '../../src/policies/policy-file.ts'
import { SNIPPETS } from '../../src/snippets/snippets.ts'
import { build, readResources } from './kustomize.ts'
import type { Resource } from './kustomize.ts'
import { problemsOf } from './schemas.ts'

const K8S = join(import.meta.dirname, '../../k8s')
const OVERLAYS = readdirSync(join(K8S, 'overlays'))
/** Made by `postern snippet`, with the app's namespace written into what has none. */
const FROM_SNIPPETS = OVERLAYS.filter((name) => name !== 'sidecar')

for (const folder of ['base', ...OVERLAYS.map((name) => `overlays/${name}`)]) {
  test(`${folder}: every resource fits its schema, and none stands there twice`, () => {
    const built = build(join(K8S, folder))
    assert.deepEqual(built.flatMap(problemsOf), [])
    const names = built.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`)
    assert.equal(new Set(names).size, names.length)
  })

  test(`${folder}: the settings are what Postern starts with`, () => {
    const built = build(join(K8S, folder))
    const { config, secrets } = configOf(built)
    assert.equal(config.verifyListen.kind, folder === 'overlays/sidecar' ? 'unix' : 'tcp')
    assert.notEqual(secrets.databaseUrl, null)
    const asksForSecret = folder === 'base'
    assert.deepEqual([secrets.proxySecret !== null, config.verifyWithoutSecret], [asksForSecret, isOpen(folder)])
    const policy = readPolicyFile(dataOf(built, 'postern-policy')['policy.yaml'] ?? '')
    assert.ok(!Array.isArray(policy), JSON.stringify(policy))
  })

  test(`${folder}: whatever is named is there`, () => {
    const built = build(join(K8S, folder))
    for (const { spec } of [find(built, 'Deployment'), find(built, 'Job')] as unknown as Workload[]) {
      const { containers, volumes, securityContext } = spec.template.spec
      const names = volumes.map(({ name }) => name)
      for (const { volumeMounts, securityContext: own } of containers) {
        for (const mount of volumeMounts) assert.ok(names.includes(mount.name), mount.name)
        assert.deepEqual([own.readOnlyRootFilesystem, own.allowPrivilegeEscalation], [true, false])
        assert.deepEqual(own.capabilities.drop, ['ALL'])
      }
      assert.equal(securityContext.runAsNonRoot, true)
      assert.equal(spec.template.spec.automountServiceAccountToken, false)
    }
    const ports = (find(built, 'Deployment') as unknown as Workload).spec.template.spec.containers.flatMap(
      (container) => container.ports?.map(({ name }) => name) ?? [],
    )
    for (const service of built.filter(
      ({ kind, metadata }) => kind === 'Service' && metadata.namespace === 'postern',
    )) {
      for (const { targetPort } of (service['spec'] as { ports: { targetPort: string }[] }).ports)
        assert.ok(ports.includes(targetPort), targetPort)
    }
  })
}

for (const name of FROM_SNIPPETS) {
  test(`overlays/${name}: app.yaml is what "postern snippet ${name} --app app" prints, in the namespace apps`, () => {
    const shipped = readResources(readFileSync(join(K8S, 'overlays', name, 'app.yaml'), 'utf8'))
    const printed = readResources(snippet(name)).map((resource) => ({
      ...resource,
      metadata: { namespace: 'apps', ...resource.metadata },
    }))
    assert.deepEqual(shipped, printed)
  })
}

test('what kustomize itself builds is the same', async (t) => {
  const run = promisify(execFile)
  const isThere = await run('kubectl', ['version', '--client']).catch(() => null)
  if (isThere === null) return t.skip('kubectl is not on this machine')
  for (const name of OVERLAYS) {
    const { stdout } = await run('kubectl', ['kustomize', join(K8S, 'overlays', name)])
    assert.deepEqual(sorted(readResources(stdout)), sorted(build(join(K8S, 'overlays', name))), name)
  }
})

interface Workload {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly automountServiceAccountToken: boolean
        readonly securityContext: { readonly runAsNonRoot: boolean }
        readonly volumes: readonly { readonly name: string }[]
        readonly containers: readonly {
          readonly ports?: readonly { readonly name: string }[]
          readonly volumeMounts: readonly { readonly name: string }[]
          readonly securityContext: {
            readonly readOnlyRootFilesystem: boolean
            readonly allowPrivilegeEscalation: boolean
            readonly capabilities: { readonly drop: readonly string[] }
          }
        }[]
      }
    }
  }
}

/** The proxies of these overlays can't send a secret. */
function isOpen(folder: string): boolean {
  return folder !== 'base' && folder !== 'overlays/sidecar'
}

function find(built: readonly Resource[], kind: string): Resource {
  const [found, ...others] = built.filter((resource) => resource.kind === kind)
  if (found === undefined || others.length > 0) throw new Error(`there is not one ${kind}`)
  return found
}

function dataOf(built: readonly Resource[], name: string): Readonly<Record<string, string>> {
  const found = built.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name)
  return (found?.['data'] ?? {}) as Record<string, string>
}

function configOf(built: readonly Resource[]): LoadedConfig {
  const files: Readonly<Record<string, string>> = {
    '/run/secrets/postern/database-url': 'postgres://postern@db/postern',
    '/run/secrets/postern/secret-key': 'a secret of thirty-two bytes or more',
    '/run/secrets/postern/proxy-secret': 'the secret that the proxy has to send',
  }
  const loaded = loadConfig(dataOf(built, 'postern-settings'), (path) => {
    const text = files[path]
    if (text === undefined) throw new Error(`${path} is not in the Secret`)
    return text
  })
  if ('config' in loaded) return loaded
  throw new Error(loaded.map(({ sentence }) => sentence).join('\n'))
}

function snippet(name: string): string {
  const upstream = { scheme: 'http', host: 'app', port: 80 } as const
  const app = { name: 'app', hosts: ['app.example.com'], scheme: 'https', port: 443, upstream } as const
  const listen = { kind: 'tcp', host: '0.0.0.0' } as const
  const site = { verify: { ...listen, port: 9081 }, portal: { ...listen, port: 9080 } }
  return SNIPPETS[name]?.write({ ...site, apps: [{ ...app, identity: [...IDENTITY_HEADERS], own: [] }] }) ?? ''
}

function sorted(resources: readonly Resource[]): Resource[] {
  const key = ({ kind, metadata }: Resource): string => `${kind} ${metadata.namespace} ${metadata.name}`
  return resources.toSorted((a, b) => key(a).localeCompare(key(b)))
}
