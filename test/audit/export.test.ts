import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exportEvents } from '../../src/audit/export.ts'
import { formatOf } from '../../src/audit/format.ts'
import type { EventPage } from '../../src/audit/search.ts'
import type { EventRow } from '../../src/audit/search-table.ts'

const EVENT: EventRow = {
  seq: '7',
  id: '00000000-0000-4000-8000-000000000001',
  occurred_at: '2026-11-23T12:00:00.000000Z',
  event_type: 'sign_in',
  action: null,
  resource: null,
  result: 'success',
  actor_id: null,
  actor_login: null,
  session_id: null,
  ip_address: null,
  user_agent: '',
  request_id: null,
  risk_score: null,
  details: '{}',
}

test('an export asks for a page only when somebody takes it, so that a slow reader holds none in memory', async () => {
  const asked: (string | null)[] = []
  const read = async (cursor: string | null): Promise<EventPage> => {
    asked.push(cursor)
    return { events: [EVENT], next: cursor === null ? 'a' : cursor === 'a' ? 'b' : null }
  }
  let taken = -1
  for await (const text of exportEvents(read, formatOf('csv', 'host'))) {
    assert.match(text, taken === -1 ? /^seq,/ : /^7,/)
    assert.equal(asked.length, ++taken)
  }
  assert.deepEqual(asked, [null, 'a', 'b'])
})
