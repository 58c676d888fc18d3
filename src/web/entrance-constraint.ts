import type { IncomingMessage } from 'node:http'
import type { FastifyServerOptions } from 'fastify'
import type { Entrances } from './entrance.ts'

/** What the router tells routes of one path apart by. */
export type Constraints = NonNullable<NonNullable<FastifyServerOptions['routerOptions']>['constraints']>

type Storage = ReturnType<Constraints[string]['storage']>
type Handler = Parameters<Storage['set']>[1]

/** Lets one path lead to different routes by the host that was asked: those with `constraints: { entrance: … }`. */
export function entranceConstraint(entrances: Entrances): Constraints {
  const storage = (): Storage => {
    const handlers = new Map<unknown, Handler>()
    return {
      get: (kind) => handlers.get(kind) ?? null,
      set: (kind, handler) => void handlers.set(kind, handler),
    }
  }
  // Of any other host no route is to be found.
  const deriveConstraint = (request: IncomingMessage): string => entrances.of(request)?.kind ?? 'none'
  return { entrance: { name: 'entrance', storage, validate: () => undefined, deriveConstraint } }
}
