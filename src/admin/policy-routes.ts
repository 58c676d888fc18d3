import type { FastifyInstance } from 'fastify'
import { listVersions } from '../administration/policy.ts'
import { PosternError } from '../errors.ts'
import type { CompiledApp } from '../policies/compile.ts'
import { sendHtml } from '../web/pages.ts'
import { openConsole } from './console.ts'
import { policyAppPage } from './policy-app-page.ts'
import { readMonitorCounts } from './policy-counts.ts'
import { policyPage } from './policy-page.ts'
import { PAGE_SIZE, policyFileOf } from './policy-parts.ts'
import type { PolicyParts } from './policy-parts.ts'
import { askedFor } from './user-parts.ts'

const READ = { config: { access: 'postern.policy:read' } } as const
const NUMBER = /^\d{1,6}$/

/** `/admin/policy` and `/admin/policy/apps/…`: what is in force. */
export function policyRoutes(app: FastifyInstance, parts: PolicyParts): void {
  const { policies, program } = parts
  app.get('/admin/policy', READ, async (request, reply) => {
    const { console, frame } = await openConsole(parts, request)
    const query = { app: askedFor(request.query, 'app').trim().toLowerCase() }
    const start = placeOf(request.query)
    const all = [...policies.current().apps.values()]
    const found = all.filter((each) => fits(each, query.app))
    const { items } = await listVersions(parts, { limit: 1 })
    const page = policyPage({
      frame,
      console,
      version: items[0] ?? null,
      file: policyFileOf(parts),
      sums: { apps: all.length, rules: all.reduce((sum, { rules }) => sum + rules.length, 0) },
      apps: found.slice(start, start + PAGE_SIZE),
      counts: await readMonitorCounts(program),
      query,
      ...pageAt(start, found.length),
    })
    return sendHtml(reply, 200, page)
  })

  app.get('/admin/policy/apps/:app', READ, async (request, reply) => {
    const { console, frame } = await openConsole(parts, request)
    const { app: name = '' } = request.params as Record<string, string>
    const found = policies.current().apps.get(name)
    if (found === undefined) throw new PosternError('nothing_there', 'no such app')
    const start = placeOf(request.query)
    const page = policyAppPage({
      frame,
      console,
      app: found,
      file: policyFileOf(parts),
      counts: await readMonitorCounts(program),
      rules: found.rules.slice(start, start + PAGE_SIZE),
      ...pageAt(start, found.rules.length),
    })
    return sendHtml(reply, 200, page)
  })
}

/** How many of a list stand before the page. @throws PosternError `bad_request` */
function placeOf(query: unknown): number {
  const text = askedFor(query, 'after')
  if (text === '') return 0
  if (!NUMBER.test(text)) throw new PosternError('bad_request', 'query after')
  return Number(text)
}

function pageAt(start: number, length: number): { readonly after: string | null; readonly isFirst: boolean } {
  const end = start + PAGE_SIZE
  return { after: end < length ? String(end) : null, isFirst: start === 0 }
}

function fits({ name, hosts }: CompiledApp, wanted: string): boolean {
  return [name.toLowerCase(), ...hosts].some((text) => text.includes(wanted))
}
