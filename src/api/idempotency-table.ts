import { pruneStatement } from '../store/prune-table.ts'
import { statement } from '../store/statement.ts'

/** No row where the key was used already. */
export const CLAIM_KEY = statement<[ownerId: string, keyHash: Buffer, fingerprint: Buffer], { id: string }>(
  'claim_key',
  `insert into auth.idempotency_keys (owner_id, key_hash, fingerprint) values ($1, $2, $3)
   on conflict (owner_id, key_hash) do nothing returning id`,
)

export const FIND_KEY = statement<
  [ownerId: string, keyHash: Buffer],
  { id: string; fingerprint: Buffer; sealed_reply: Buffer | null }
>('find_key', `select id, fingerprint, sealed_reply from auth.idempotency_keys where owner_id = $1 and key_hash = $2`)

export const KEEP_REPLY = statement<[id: string, sealedReply: Buffer]>(
  'keep_reply',
  `update auth.idempotency_keys set sealed_reply = $2 where id = $1`,
)

export const FREE_KEY = statement<[id: string]>('free_key', `delete from auth.idempotency_keys where id = $1`)

export const PRUNE_IDEMPOTENCY_KEYS = pruneStatement('prune_idempotency_keys', 'auth.idempotency_keys', 'created_at')
