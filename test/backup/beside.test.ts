import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { openEmbeddedPlace } from '../commands/place.ts'
import type { Place } from '../commands/place.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { runPostern } from '../support/e2e.ts'

const PASSWORD = 'a long one that nobody has'
const PASSPHRASE = 'twelve letters'
const PAUSE_MS = 5
const CREATE = ['user', 'create', 'alice', '--email', 'alice@example.com', '--password-stdin']

interface Seen {
  requests: number
  failures: number
  longestMs: number
}

test('an embedded database is backed up while its server verifies, signs in, and is told of it', async (t) => {
  const place = await openEmbeddedPlace(t)
  const file = join(await temporaryDirectory(t), 'backup')
  assert.equal((await runPostern(place.env, CREATE, `${PASSWORD}\n`)).exitCode, 0)
  const given = await runPostern(place.env, ['token', 'create', 'alice', '--name', 'x', '--json'])
  const { token } = JSON.parse(given.stdout) as { token: string }
  const state = { isOver: false }
  const verifying = repeat(state, () => verify(place, token))
  const signingIn = repeat(state, async () => (await place.signIn('alice', PASSWORD)) !== '')
  const made = await runPostern(place.env, ['backup', file, '--passphrase-stdin', '--json'], `${PASSPHRASE}\n`)
  state.isOver = true
  const [verified, signedIn] = await Promise.all([verifying, signingIn])
  assert.equal(made.exitCode, 0, made.stderr)
  const { held_ms: heldMs, users } = JSON.parse(made.stdout) as { held_ms: number; users: number }
  t.diagnostic(`verify ${describe(verified)} · sign-in ${describe(signedIn)} · the database was held for ${heldMs} ms`)
  assert.deepEqual([users, verified.failures, signedIn.failures], [1, 0, 0])
  assert.ok(verified.requests > 10 && signedIn.requests > 0)
  const search = await runPostern(place.env, ['audit', 'search', '--type', 'backup_made', '--json'])
  assert.equal((JSON.parse(search.stdout) as unknown[]).length, 1)
})

async function repeat(state: { readonly isOver: boolean }, ask: () => Promise<boolean>): Promise<Seen> {
  const seen: Seen = { requests: 0, failures: 0, longestMs: 0 }
  while (!state.isOver) {
    const startedAt = performance.now()
    if (!(await ask())) seen.failures++
    seen.requests++
    seen.longestMs = Math.max(seen.longestMs, performance.now() - startedAt)
    // Leaves the machine to the others.
    await delay(PAUSE_MS)
  }
  return seen
}

async function verify({ env }: Place, token: string): Promise<boolean> {
  const headers = {
    'x-original-method': 'GET',
    'x-original-proto': 'https',
    'x-original-host': 'app.example.com',
    'x-original-uri': '/',
    'x-real-ip': '192.0.2.1',
    authorization: `Bearer ${token}`,
  }
  const answer = await fetch(`http://${env['POSTERN_VERIFY_LISTEN']}/verify/nginx/app/app`, { headers })
  await answer.body?.cancel()
  return answer.status === 200 && answer.headers.get('remote-user') === 'alice'
}

function describe({ requests, failures, longestMs }: Seen): string {
  return `${requests} requests, ${failures} failures, ${Math.round(longestMs)} ms at most`
}
