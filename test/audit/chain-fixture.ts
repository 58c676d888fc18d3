import { createChainSigner, publicKeysOf } from '../../src/audit/chain-keys.ts'
import type { ChainKey, ChainSigner } from '../../src/audit/chain-keys.ts'
import { recordEvent } from '../../src/audit/events.ts'
import { sealBatch } from '../../src/audit/seal.ts'
import { verifyChain } from '../../src/audit/verify.ts'
import type { Verified } from '../../src/audit/verify.ts'
import { readChainOf } from '../../src/audit/verify-source.ts'
import { createKey } from '../../src/lib/key-ring.ts'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'

const RING = ring(7, 1)
export const SIGNER: ChainSigner = createChainSigner(RING)
export const KEYS: readonly ChainKey[] = publicKeysOf(RING)

const ADD = statement<[count: number, type: string]>(
  'add',
  `insert into auth.auth_audit_log (event_type, action, resource, result, actor_id, actor_login, session_id, ip_address,
     user_agent, request_id, risk_score, details)
   select $2, 'do', 'user:' || n, 'success', gen_random_uuid(), 'alice', gen_random_uuid(), '192.0.2.1', 'Browser ' || n,
     'r' || n, n % 100, jsonb_build_object('n', n)
   from generate_series(1, $1::int) n`,
)

/** Another key than the one the chain is signed by. */
export function otherSigner(id: number): ChainSigner {
  return createChainSigner(ring(id, 2))
}

export async function addRows(database: Database, count: number, type = 'sign_in'): Promise<void> {
  await database.query(ADD, count, type)
}

/** Three batches of four rows each. */
export async function sealedLog(database: Database): Promise<void> {
  for (let batch = 0; batch < 3; batch++) {
    await addRows(database, 4)
    await sealBatch(database, SIGNER)
  }
}

export async function sealAll(database: Database): Promise<void> {
  for (;;) if ((await sealBatch(database, SIGNER))?.rows === 0) return
}

export function verifyLog(database: Database, head: string | null = null): Promise<Verified> {
  return verifyChain(readChainOf(database, KEYS), { head })
}

/** What is wrong, in short: `kind seq@batch`. */
export async function faultsOf(database: Database, head: string | null = null): Promise<string[]> {
  const { faults } = await verifyLog(database, head)
  return faults.map(({ kind, seq, batch }) => `${kind} ${seq ?? '-'}@${batch ?? '-'}`)
}

export async function writeEvent(database: Database): Promise<void> {
  await recordEvent(database, { type: 'sign_in', result: 'success', actor: null })
}

function ring(id: number, fill: number) {
  const key = createKey(id, Buffer.alloc(32, fill))
  return { minting: key, byId: new Map([[id, key]]) }
}
