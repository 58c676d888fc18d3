import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { examine } from '../../src/doctor/doctor.ts'
import type { Examination } from '../../src/doctor/doctor.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import { createAsk } from '../../src/doctor/site.ts'
import type { SiteOptions } from '../../src/doctor/site.ts'
import { openTestApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { startEchoApp } from '../support/echo-app.ts'
import type { EchoApp } from '../support/echo-app.ts'
import { startNginx } from '../support/nginx.ts'
import type { Nginx } from '../support/nginx.ts'
import { freePort } from '../support/ports.ts'

export const HOST = 'app.example.com'
/** For people who are signed in. */
export const PAGE = '/files/a?b=c'
const INCLUDES = join(import.meta.dirname, '../../nginx/postern')

/** Changes to the text of shipped files, or of the site; each must change something. */
export interface Fault {
  readonly protect?: Change
  readonly verify?: Change
  readonly portal?: Change
  readonly site?: Change
  /** Of the app in the policy. */
  readonly policy?: Change
}

type Change = readonly (readonly [from: string, to: string])[]

/** A whole set-up with or without a fault: nginx, gateway, portal and an app that shows its headers. */
export interface Clinic {
  readonly parts: TestApp
  readonly nginx: Nginx
  readonly app: EchoApp
  readonly url: URL
  readonly way: SiteOptions
  /** Looks as somebody signed in, who knows of an open page; `more` changes that. */
  readonly examine: (more?: Partial<Examination> & { readonly anonymous?: boolean }) => Promise<readonly Finding[]>
  /** Ends what listens in the gateway's place. */
  readonly stopGateway: () => Promise<void>
}

/** @param appAddress of another app than the one that shows everything it gets */
export async function openClinic(t: TestContext, fault: Fault = {}, appAddress?: string): Promise<Clinic> {
  const ports = { portal: await freePort(), verify: await freePort() }
  const app = await startEchoApp(t)
  const nginx = await startNginx(t, {
    verify: `127.0.0.1:${ports.verify}`,
    portal: `127.0.0.1:${ports.portal}`,
    app: appAddress ?? app.address,
    edit: (text) => plant(text, fault),
  })
  const url = new URL(`https://${HOST}:${nginx.httpsPort}/`)
  const env = { POSTERN_PUBLIC_URL: `${url.origin}/.postern` }
  const parts = await openTestApp(t, { policy: changed(policyOf(nginx.httpsPort), fault.policy ?? []), env })
  await parts.portal.listen({ host: '127.0.0.1', port: ports.portal })
  await parts.verify.listen({ host: '127.0.0.1', port: ports.verify })
  await parts.addUser('alice', { roles: ['staff'] })
  const cookie = `__Host-postern=${await parts.token('alice')}`
  const way = { url, connectTo: { host: '127.0.0.1', port: nginx.httpsPort }, insecure: true, openPage: '/public/' }
  return {
    parts,
    nginx,
    app,
    url,
    way,
    examine: ({ anonymous = false, ...more } = {}) => {
      const site = { url, page: PAGE, openPage: '/public/', cookie, ask: createAsk(way) }
      const seen = anonymous ? { ...site, cookie: null, openPage: null } : site
      return examine({ site: seen, cookieScope: { kind: 'unseen' }, appAddress: null, pause: null, ...more })
    },
    stopGateway: async () => {
      parts.verify.server.closeAllConnections()
      await parts.verify.close()
    },
  }
}

/** Ids of the findings that make the command fail. */
export function wrongs(findings: readonly Finding[]): readonly string[] {
  return [...new Set(findings.filter(({ level }) => level === 'wrong').map(({ id }) => id))]
}

function plant(site: string, fault: Fault): string {
  const inlined = (['protect', 'verify', 'portal'] as const).reduce((text, name) => {
    const change = fault[name]
    if (change === undefined) return text
    const include = readFileSync(join(INCLUDES, `${name}.conf`), 'utf8')
    return changed(text, [[`include postern/${name}.conf;`, changed(include, change)]])
  }, site)
  return changed(inlined, fault.site ?? [])
}

function changed(text: string, change: Change): string {
  return change.reduce((before, [from, to]) => {
    if (!before.includes(from)) throw new Error(`there is no "${from}" any more in which a fault was planted`)
    return before.replaceAll(from, () => to)
  }, text)
}

function policyOf(port: number): string {
  return `
version: 1
roles: { staff: [], admin: [] }
apps:
  - name: app
    hosts: [${HOST}]
    port: ${port}
    rules:
      - { path: /public/**, allow: anyone }
      - { path: /admin/**, require: { role: admin } }
      - require: {}
`
}
