import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { statement } from '../../src/store/statement.ts'
import { createBrowser, openPortal } from '../login/browser.ts'
import { ORIGIN } from '../support/app.ts'
import { until } from '../support/until.ts'
import { openLive, upgrade } from './live-client.ts'
import type { LiveClient } from './live-client.ts'

/** More than both ends' kernels keep of one connection, with what is told of one event. */
const ADD_LONG = statement<[resource: string, length: number]>(
  'add_long_for_test',
  `insert into auth.auth_audit_log (event_type, result, resource)
   select 'roles_changed', 'success', $1 || repeat('x', $2) from generate_series(1, 20)`,
)

test('DOS: a browser that hangs is dropped, while all others hear on', async (t) => {
  const app = await openPortal(t)
  const { port } = app.portal.server.address() as AddressInfo
  await app.addUser('root', { roles: ['postern-admin'] })
  const browser = createBrowser(app.portal)
  await browser.signIn({ username: 'root' })
  const asking = { cookie: browser.jar.header(new URL(`${ORIGIN}/.postern/api/v2/events`)), origin: ORIGIN }
  const slow = await openLive(port, asking)
  const others = await Promise.all(Array.from({ length: 4 }, () => openLive(port, asking)))
  assert.equal((await upgrade(port, asking)).status, 429)
  slow.pause()
  const hasHeard = ({ events }: LiveClient, what: string): boolean =>
    events().some(({ data }) => String(data['resource']).startsWith(what))
  // Each look is heard by all others before there is more to tell.
  const tellOthers = async (what: string, length: number): Promise<void> => {
    await app.database.query(ADD_LONG, what, length)
    await until(what, 30_000, () => others.every((other) => hasHeard(other, what)))
  }
  let turn = 0
  await until('room', 60_000, async () => {
    await tellOthers(`turn ${++turn}:`, 100_000)
    const { status, end } = await upgrade(port, asking)
    end()
    return status === 101
  })
  await tellOthers('last:', 1)
  assert.equal(hasHeard(slow, 'last:'), false)
  slow.resume()
  assert.ok([1006, 4408].includes(await slow.closed))
  others.forEach(({ end }) => end())
})
