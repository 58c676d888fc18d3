import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Principal } from '../../src/lib/principal.ts'
import { createLog } from '../../src/observe/log.ts'
import type { Context } from '../../src/parts/context.ts'
import { createVerifyApp } from '../../src/portal/app.ts'
import { openExpressLane } from '../../src/verify/express/express-lane.ts'
import type { ExpressLaneParts } from '../../src/verify/express/express-lane.ts'
import { createLaneRoutes } from '../../src/verify/express/lane-routes.ts'
import { createRequestReader } from '../../src/verify/express/read-request.ts'
import { createWriteAnswer } from '../../src/verify/express/write-answer.ts'
import type { WriteAnswer } from '../../src/verify/express/write-answer.ts'
import { createGateway } from '../../src/verify/gateway.ts'
import { DIALECTS } from '../../src/verify/routes.ts'
import { createSettle } from '../../src/verify/verdict.ts'
import { openTestApp } from '../support/app.ts'
import { temporaryDirectory } from '../support/directories.ts'
import type { Cleanup } from '../support/directories.ts'
import { createDoor } from './door.ts'
import type { Door } from './door.ts'
import type { Visitors } from './requests.ts'

/** Two verify listeners over one gateway, on Unix sockets. */
export interface Place {
  readonly lane: Door
  readonly ordinary: Door
  readonly visitors: Visitors
  /** How many requests the lane has answered itself. */
  readonly laneAnswers: () => number
  /** Connections that are open on either. */
  readonly connections: () => Promise<number>
}

/** Puts other parts in the place of some, to see that a defect is found. */
export type Plant = (parts: Required<ExpressLaneParts>) => Required<ExpressLaneParts>

/** Opens both; alice and bob are known to memory, carol is found later. */
export async function openPlace(t: Cleanup, plant: Plant = (parts) => parts): Promise<Place> {
  const folder = await temporaryDirectory(t)
  const app = await openTestApp(t)
  await app.addUser('alice', { roles: ['user'], password: null })
  await app.addUser('bob', { roles: ['admin', 'team'], password: null })
  await app.addUser('carol', { roles: ['user', 'team'], password: null })
  const [alice, bob, carol] = [await app.token('alice'), await app.token('bob'), await app.token('carol')]
  const visitors: Visitors = { known: [alice, bob], late: carol }
  const context = await withVisitors(app.context, visitors)
  const lane = createVerifyApp(context)
  const ordinary = createVerifyApp(context)
  const counted = addLane(lane, context, plant)
  const [lanePath, ordinaryPath] = [join(folder, 'lane.sock'), join(folder, 'ordinary.sock')]
  const apps = [lane, ordinary]
  t.after(async () => {
    for (const { server } of apps) server.closeAllConnections()
    await Promise.all(apps.map((each) => each.close()))
  })
  await lane.listen({ path: lanePath })
  await ordinary.listen({ path: ordinaryPath })
  const connections = async (): Promise<number> => {
    const counts = await Promise.all(apps.map(({ server }) => connectionsOf(server)))
    return counts.reduce((sum, count) => sum + count, 0)
  }
  const doors = { lane: createDoor(lane.server, lanePath), ordinary: createDoor(ordinary.server, ordinaryPath) }
  return { ...doors, visitors, laneAnswers: () => counted.answers, connections }
}

/** Everything as in the program, but for a log that nobody reads and people who are found without the database. */
async function withVisitors(context: Context, { known, late }: Visitors): Promise<Context> {
  const principals = new Map<string, Principal | null>()
  for (const token of [...known, late]) principals.set(token, await context.sessions.whoHas(token, null))
  const find = (token: string) => {
    const principal = principals.get(token) ?? null
    if (token !== late) return principal
    // Late enough for what was asked after it to be there, too.
    return turn().then(async () => turn({ principal, tier: 'l3' as const }))
  }
  const log = createLog('fatal', { write: () => undefined })
  const settle = createSettle(context.gatewayParts.policy)
  const gatewayParts = { ...context.gatewayParts, log, settle, sessions: { find } }
  const config = { ...context.config, expressLane: 'off', verifyListen: { kind: 'unix', path: '' } } as const
  return { ...context, log, config, gatewayParts }
}

function addLane(app: FastifyInstance, context: Context, plant: Plant): { answers: number } {
  const counted = { answers: 0 }
  const write = createWriteAnswer(app.server.keepAliveTimeout)
  const parts = plant({
    gateway: createGateway(context.gatewayParts),
    findRoute: createLaneRoutes(DIALECTS),
    read: createRequestReader(),
    write,
    listen: context.config.verifyListen,
  })
  const counting: WriteAnswer = (...asked) => {
    counted.answers++
    return parts.write(...asked)
  }
  const lane = openExpressLane(app.server, { ...parts, write: counting })
  app.addHook('preClose', async () => lane.close())
  return counted
}

function connectionsOf(server: FastifyInstance['server']): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))
  })
}
