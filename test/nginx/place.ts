import type { TestContext } from 'node:test'
import { startEchoApp, type EchoApp } from '../support/echo-app.ts'
import { createVisitor, rawRequest, type Reply, type VisitOptions } from '../support/http.ts'
import { startNginx, type Nginx, type Site } from '../support/nginx.ts'
import { ALICE, startStub, type Stub } from './stub.ts'

/** The shipped nginx between stubs and an app. */
export interface Place {
  readonly nginx: Nginx
  readonly gateway: Stub
  readonly portal: Stub
  readonly app: EchoApp
  /** Opens a path of the protected host. */
  readonly visit: (path: string, options?: VisitOptions) => Promise<Reply>
  /** Writes the lines, with line ends, an empty line and `body`, over TLS to the protected host's name. */
  readonly raw: (lines: readonly string[], body?: string) => Promise<string>
}

/** Starts all four; the gateway lets Alice in until told otherwise, the portal answers 200. */
export async function startPlace(t: TestContext, site: Partial<Site> & { socketPath?: string } = {}): Promise<Place> {
  const gateway = await startStub(t, ALICE, site.socketPath)
  const portal = await startStub(t, { status: 200, body: 'portal' })
  const app = await startEchoApp(t)
  const nginx = await startNginx(t, { verify: gateway.address, portal: portal.address, app: app.address, ...site })
  const visitor = createVisitor(t, { hosts: { [nginx.host]: nginx.httpsPort } })
  return {
    nginx,
    gateway,
    portal,
    app,
    visit: (path, options) => visitor.visit(`https://${nginx.host}${path}`, options),
    raw: (lines, body = '') =>
      rawRequest(nginx.httpsPort, `${lines.join('\r\n')}\r\n\r\n${body}`, { servername: nginx.host }),
  }
}
