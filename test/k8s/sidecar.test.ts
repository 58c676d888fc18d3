import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { openTestApp } from '../support/app.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { headerValues, startEchoApp } from '../support/echo-app.ts'
import { rawRequest, rawStatus } from '../support/http.ts'
import { freePort } from '../support/ports.ts'
import { replaced, startProgram } from '../support/proxy-process.ts'
import { createCertificate } from '../support/tls.ts'
import { build } from './kustomize.ts'

const ROOT = join(import.meta.dirname, '../..')

interface Volume {
  readonly name: string
  readonly projected?: {
    readonly sources: readonly {
      readonly configMap: { readonly items?: readonly { readonly key: string; readonly path: string }[] }
    }[]
  }
}

test('the nginx of the sidecar asks the Postern beside it', { timeout: 60_000 }, async (t) => {
  const folder = await temporaryDirectory(t)
  const socket = join(folder, 'verify.sock')
  const postern = await openTestApp(t, { env: { POSTERN_VERIFY_LISTEN: `unix:${socket}` } })
  await postern.verify.listen({ path: socket })
  await postern.addUser('alice', { password: null })
  const app = await startEchoApp(t)
  const port = await startSidecar(t, { folder, socket, app: app.address })
  const ask = (path: string, ...more: string[]): Promise<string> =>
    rawRequest(
      port,
      [`GET ${path} HTTP/1.1`, 'Host: app.example.com', 'Connection: close', ...more, '', ''].join('\r\n'),
      {
        servername: 'app.example.com',
      },
    )

  assert.equal(rawStatus(await ask('/public/a')), 200)
  assert.match(await ask('/a?b=c', 'Accept: text/html'), /^HTTP\/1\.1 302 [^]*\/\.postern\/start\?rd=%2Fa%3Fb%3Dc/)
  const cookie = `Cookie: a=b; __Host-postern=${await postern.token('alice')}`
  assert.equal(rawStatus(await ask('/a', cookie)), 200)
  const { rawHeaders = [] } = app.requests.at(-1) ?? {}
  assert.deepEqual(headerValues(rawHeaders, 'remote-user'), ['alice'])
  assert.deepEqual(headerValues(rawHeaders, 'cookie'), ['a=b'])
  assert.equal(rawStatus(await ask('/admin/', cookie)), 403)
})

/** Lays the files out as the Pod would, and changes in them what differs from a Pod: ports, paths and the app. */
async function startSidecar(
  t: TestContext,
  { folder, socket, app }: { folder: string; socket: string; app: string },
): Promise<number> {
  const built = build(join(ROOT, 'k8s/overlays/sidecar'))
  const configuration = built.find(({ metadata }) => metadata.name === 'postern-nginx')?.['data'] as {
    'nginx.conf': string
  }
  const deployment = built.find(({ kind }) => kind === 'Deployment')?.['spec'] as {
    template: { spec: { volumes: readonly Volume[] } }
  }
  const volume = deployment.template.spec.volumes.find(({ name }) => name === 'nginx')
  for (const { key, path } of volume?.projected?.sources.flatMap(({ configMap }) => configMap.items ?? []) ?? []) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    copyFileSync(join(ROOT, 'nginx/postern', key), join(folder, path))
  }
  const port = await freePort()
  const { certificatePath, keyPath } = await createCertificate(folder, ['app.example.com'])
  const changes = [
    ['listen 443 ', `listen 127.0.0.1:${port} `],
    ['/etc/ssl/postern/tls.crt', certificatePath],
    ['/etc/ssl/postern/tls.key', keyPath],
    ['/run/postern/verify.sock', socket],
    ['app.apps.svc.cluster.local:8080', app],
    ['/dev/stdout', 'access.log'],
    // The portal has no part in this.
    ['127.0.0.1:9080', `127.0.0.1:${await freePort()}`],
  ] as const
  const text = changes.reduce((now, [from, to]) => replaced(now, from, to), configuration['nginx.conf'])
  writeFileSync(join(folder, 'nginx.conf'), text)
  const user = process.getuid?.() === 0 ? 'user root; ' : ''
  const args = ['-p', `${folder}/`, '-c', join(folder, 'nginx.conf'), '-e', 'stderr', '-g', `${user}daemon off;`]
  await startProgram(t, { command: 'nginx', args, port })
  return port
}
