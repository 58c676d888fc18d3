import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createProgram } from '../../src/observe/program.ts'
import { createPortalApp } from '../../src/portal/app.ts'
import { createBrowser } from '../login/browser.ts'
import { listenOnFreePort, openTestApp } from '../support/app.ts'
import { API } from './caller.ts'

test('health is that of the whole program, as the console shows it', async (t) => {
  const app = await openTestApp(t)
  await app.addUser('root', { roles: ['postern-admin'] })
  const checks = {
    redis: () => ({ status: 'degraded', detail: 'redis is out of reach' }) as const,
    certificates: () => ({ status: 'failing', detail: 'one ends today' }) as const,
  }
  const twice = async () => [...(await app.context.metrics.allFigures()), ...(await app.context.metrics.allFigures())]
  const portal = createPortalApp(app.context, null, createProgram(checks, twice))
  t.after(async () => {
    portal.server.closeAllConnections()
    await portal.close()
  })
  await listenOnFreePort(portal)
  const browser = createBrowser(portal)
  await browser.signIn({ username: 'root' })
  const { data } = JSON.parse((await browser.get(`${API}/system/health`)).text) as {
    data: { status: string; parts: Record<string, unknown>; processes: number }
  }
  assert.deepEqual(
    [data.status, data.parts['redis'], data.parts['certificates'], data.processes],
    ['failing', checks.redis(), checks.certificates(), 2],
  )
  const page = await browser.get('/.postern/admin/system')
  for (const said of ['redis is out of reach', 'one ends today']) assert.ok(page.text.includes(said), said)
})
