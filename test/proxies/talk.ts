import type { TestContext } from 'node:test'
import { connect } from 'node:tls'
import type { Cleanup } from '../support/directories.ts'
import { headerValues } from '../support/echo-app.ts'
import type { EchoApp, EchoedRequest } from '../support/echo-app.ts'
import { createVisitor, rawRequest, rawStatus } from '../support/http.ts'
import type { Visitor } from '../support/http.ts'
import { until } from '../support/until.ts'
import { HOST, OTHER_HOST } from './world.ts'
import type { World } from './world.ts'

/** A request that is written as it is, over TLS to one of the proxy's ports. */
export interface Raw {
  /** Method, target and version; the version is 1.1 where none is given. */
  readonly line: string
  /** Of the Host header and of TLS unless `servername` says otherwise. */
  readonly host?: string
  readonly servername?: string
  readonly more?: readonly string[]
  readonly body?: string
  readonly side?: boolean
  /** Signed in as Alice. */
  readonly signedIn?: boolean
  /** Reading ends at this text. */
  readonly until?: string
}

/** What came of a request: the status, and what each app got of it. */
export interface Seen {
  readonly status: number | null
  readonly text: string
  readonly app: readonly EchoedRequest[]
  readonly other: readonly EchoedRequest[]
  readonly side: readonly EchoedRequest[]
}

/** Sends one request on a connection of its own; one after the other, or what the apps got can't be told apart. */
export async function send(world: World, raw: Raw): Promise<Seen> {
  const counts = [world.app, world.other, world.side].map((app) => app.requests.length)
  const port = raw.side === true ? world.sidePort : world.port
  const options = { servername: raw.servername ?? HOST, ...(raw.until !== undefined && { until: raw.until }) }
  const text = await rawRequest(port, bytesOf(world, raw, port), options)
  const since = (app: EchoApp, place: number): readonly EchoedRequest[] => app.requests.slice(counts[place])
  return {
    status: rawStatus(text),
    text,
    app: since(world.app, 0),
    other: since(world.other, 1),
    side: since(world.side, 2),
  }
}

/** One after the other, as `send` does each. */
export async function sendAll(world: World, all: readonly Raw[]): Promise<Seen[]> {
  const seen: Seen[] = []
  for (const raw of all) seen.push(await send(world, raw))
  return seen
}

/** Sends a request as `send` does, then the frames once the answer's head is there, and reads until they come back. */
export async function converse(world: World, raw: Raw, frames: string): Promise<Seen & { readonly echo: string }> {
  const before = world.app.requests.length
  const socket = connect({ port: world.port, host: '127.0.0.1', servername: HOST, rejectUnauthorized: false })
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  socket.on('error', () => socket.destroy())
  try {
    socket.write(bytesOf(world, raw, world.port))
    const head = await until('an answer', 5_000, () => (text.includes('\r\n\r\n') ? text : null))
    socket.write(frames)
    const all = await until('frames', 5_000, () => (rawStatus(head) !== 101 || text.endsWith(frames) ? text : null))
    const app = world.app.requests.slice(before)
    return { status: rawStatus(all), text: all, app, other: [], side: [], echo: all.slice(all.indexOf('\r\n\r\n') + 4) }
  } finally {
    socket.destroy()
  }
}

/** The bytes of a request that asks for the connection to be closed, unless it says otherwise. */
export function bytesOf(world: World, raw: Raw, port: number): string {
  const names = raw.more?.map((line) => line.split(':')[0]?.toLowerCase()) ?? []
  const lines = [
    / HTTP\/1\.\d$/.test(raw.line) ? raw.line : `${raw.line} HTTP/1.1`,
    ...(names.includes('host') ? [] : [`Host: ${raw.host ?? `${HOST}:${port}`}`]),
    ...(raw.signedIn === true ? [`Cookie: a=1; __Host-postern=${world.alice}; b=2`] : []),
    ...(raw.more ?? []),
    ...(names.includes('connection') ? [] : ['Connection: close']),
  ]
  return `${lines.join('\r\n')}\r\n\r\n${raw.body ?? ''}`
}

/** All values that some app got under one name, empty ones left out. */
export function told(requests: readonly EchoedRequest[], name: string): string[] {
  return requests.flatMap(({ rawHeaders }) => headerValues(rawHeaders, name)).filter((value) => value !== '')
}

/** Names of headers that an app got with a value, in small letters. */
export function namesTold(requests: readonly EchoedRequest[]): string[] {
  return requests.flatMap(({ rawHeaders }) =>
    rawHeaders.filter((_, place) => place % 2 === 0 && rawHeaders[place + 1] !== '').map((name) => name.toLowerCase()),
  )
}

/** A browser reduced to HTTP and cookies, which reaches both hosts at their names. */
export function browser(t: Cleanup, world: World): Visitor {
  return createVisitor(t as TestContext, { hosts: { [HOST]: world.port, [OTHER_HOST]: world.port } })
}
