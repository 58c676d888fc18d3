import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { apiOperations } from '../../src/api/routes.ts'
import { SIGN_IN_DESCRIBED } from '../../src/api/sign-in-described.ts'
import { createBrowser, openPortal } from '../login/browser.ts'
import { apiText } from '../support/api-text.ts'
import { openTestApp } from '../support/app.ts'
import { routesOf } from '../support/routes.ts'
import { API } from './caller.ts'

const FILE = join(import.meta.dirname, '../../docs/api.md')
const HEADING = '## Operations\n\n'

test('docs/api.md tells of every operation and code; POSTERN_WRITE_DOCS=yes writes it anew', async (t) => {
  const { context } = await openTestApp(t)
  const parts = { ...context, publicUrl: context.config.publicUrl, checks: {} } as never
  const expected = apiText([...SIGN_IN_DESCRIBED, ...apiOperations(parts)])
  const text = readFileSync(FILE, 'utf8')
  const [head = ''] = text.split(HEADING)
  if (process.env['POSTERN_WRITE_DOCS'] === 'yes') writeFileSync(FILE, head + HEADING + expected)
  assert.equal(readFileSync(FILE, 'utf8'), head + HEADING + expected)
})

test('the document tells of every route of the API, and of no other', async (t) => {
  const { portal } = await openPortal(t)
  const { text } = await createBrowser(portal).get(`${API}/openapi.json`)
  const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, unknown>> }
  const told = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map(
      (method) => `portal ${method.toUpperCase()} ${API}${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
    ),
  )
  const others = [`portal GET ${API}/openapi.json`, `portal GET ${API}/events`]
  const routes = routesOf(portal).filter((route) => route.includes(`${API}/`) && !others.includes(route))
  assert.deepEqual(told.toSorted(), routes.toSorted())
})
