import type { FastifyInstance } from 'fastify'
import { matrixPage as readMatrix } from '../administration/matrix.ts'
import { PosternError } from '../errors.ts'
import { readAddress } from '../lib/address.ts'
import type { CompiledApp } from '../policies/compile.ts'
import { sendHtml } from '../web/pages.ts'
import { openConsole } from './console.ts'
import { matrixPage } from './matrix-page.ts'
import type { PolicyParts } from './policy-parts.ts'
import { askedFor } from './user-parts.ts'

/** So many that a page stays small; whoever has more apps turns pages across as well. */
const PEOPLE = 25
const APPS = 12

/** `/admin/matrix`: who may open what. */
export function matrixRoutes(app: FastifyInstance, parts: PolicyParts): void {
  app.get('/admin/matrix', { config: { access: 'postern.policy:read' } }, async (request, reply) => {
    const { console, frame } = await openConsole(parts, request)
    const query = {
      search: askedFor(request.query, 'search'),
      role: askedFor(request.query, 'role'),
      app: askedFor(request.query, 'app').trim(),
      from: askedFor(request.query, 'from', 64).trim(),
    }
    // It finds by e-mail addresses, which are for those who may see people.
    if (query.search !== '' && !console.may('postern.users:read')) throw new PosternError('forbidden')
    const isBadFrom = query.from !== '' && readAddress(query.from) === null
    const after = askedFor(request.query, 'after')
    const policy = parts.policies.current()
    const wanted = appsOf([...policy.apps.values()], query.app)
    const first = firstOf(askedFor(request.query, 'cols'), wanted.length)
    const apps = wanted.slice(first, first + APPS)
    const found = await readMatrix(parts, {
      apps: apps.map(({ name }) => name),
      limit: PEOPLE,
      ...(query.search !== '' && { search: query.search }),
      ...(query.role !== '' && { role: query.role }),
      ...(after !== '' && { after }),
      ...(query.from !== '' && !isBadFrom && { from: query.from }),
    })
    const page = matrixPage({
      frame,
      console,
      query,
      roles: [...policy.roles.keys()],
      rows: found.items,
      total: found.total,
      apps,
      columns: { first, total: wanted.length, step: APPS },
      after: found.next,
      isFirst: after === '',
      problem: isBadFrom ? frame.words.say('explain.bad_from') : null,
    })
    return sendHtml(reply, isBadFrom ? 400 : 200, page)
  })
}

/** The one of this name, else those that have it in theirs. */
function appsOf(all: readonly CompiledApp[], wanted: string): readonly CompiledApp[] {
  const exact = all.filter(({ name }) => name === wanted)
  return exact.length > 0 ? exact : all.filter(({ name }) => name.toLowerCase().includes(wanted.toLowerCase()))
}

/** @throws PosternError `bad_request` */
function firstOf(text: string, total: number): number {
  if (text === '') return 0
  if (!/^\d{1,6}$/.test(text)) throw new PosternError('bad_request', 'query cols')
  return Math.min(Number(text), Math.max(0, total - 1))
}
