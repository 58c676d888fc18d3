import type { TestContext } from 'node:test'
import { printSnippet } from '../../src/commands/snippet.ts'
import { ALICE, startStub } from '../nginx/stub.ts'
import type { Stub, StubAnswer } from '../nginx/stub.ts'
import { openTestApp } from '../support/app.ts'
import type { Cleanup } from '../support/directories.ts'
import { rawRequest } from '../support/http.ts'
import { freePort } from '../support/ports.ts'
import type { EchoApp } from '../support/echo-app.ts'
import { startEchoApp } from '../support/echo-app.ts'
import { HOST, policyOf, startWith } from './world.ts'
import type { Kind } from './world.ts'

/** One real proxy between a gateway that does as it is told, which is the portal as well, and an app. */
export interface Stubbed {
  readonly kind: Kind
  readonly port: number
  readonly gateway: Stub
  readonly app: EchoApp
  /** Sends lines to the app's host; gives what came back. */
  readonly ask: (line: string, more?: readonly string[], body?: string) => Promise<string>
}

/** The secret that the proxy tells the gateway. */
export const SECRET = 'the secret that proxy and gateway share'

/** Lets Alice in, with the app's own header. */
export const LET_IN: StubAnswer = { ...ALICE, headers: { ...ALICE.headers, 'X-WEBAUTH-USER': 'alice' } }

/** Starts one kind of proxy over TCP to a gateway that lets Alice in. */
export async function openStubbed(t: Cleanup, kind: Kind): Promise<Stubbed> {
  const [port, sidePort] = [await freePort(), await freePort()]
  const gateway = await startStub(t as TestContext, LET_IN)
  const app = await startEchoApp(t)
  const { context } = await openTestApp(t, { policy: policyOf(port, sidePort) })
  const verifyListen = { kind: 'tcp', host: '127.0.0.1', port: Number(gateway.address.split(':')[1]) } as const
  const config = { ...context.config, verifyListen, listen: verifyListen }
  const given = { proxy: kind.name, app: ['app'], upstream: [`http://${app.address}`] }
  const { text } = await printSnippet({ config, policies: context.policies }, given)
  await startWith(t, { kind, snippet: text, ports: [port], secret: SECRET })
  const ask = (line: string, more: readonly string[] = [], body = ''): Promise<string> => {
    const lines = [`${line} HTTP/1.1`, `Host: ${HOST}:${port}`, ...more, 'Connection: close']
    return rawRequest(port, `${lines.join('\r\n')}\r\n\r\n${body}`, { servername: HOST })
  }
  return { kind, port, gateway, app, ask }
}
