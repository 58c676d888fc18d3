import { z } from 'zod'
import { listKeys, rotateKeys } from '../administration/keys.ts'
import type { KeyParts } from '../administration/keys.ts'
import { PURPOSES } from '../credentials/live-keys.ts'
import { operation } from './operation.ts'
import type { Operation } from './operation.ts'
import { COUNT, TEXT, TIME } from './shapes.ts'

const PURPOSE = z.enum(PURPOSES)
const KEY = z.strictObject({
  id: z.number().int().min(1),
  purpose: TEXT,
  state: z.enum(['coming', 'minting', 'verifying', 'ended']),
  created_at: TIME,
  age_seconds: z.number().min(0),
  since: TIME.nullable().describe('When one that is coming takes over, one that verifies was retired, or one ended.'),
  overdue: z.boolean().describe('Should have taken over by now: is a server running?'),
  needs: z.record(z.string(), COUNT).describe('What can be read or checked by it alone, for those that verify.'),
})
const ROTATION = z.strictObject({
  id: z.number().int().min(1),
  purpose: TEXT,
  begun: z.boolean().describe('False where it was under way already.'),
  mints_after: TIME,
})

/** Which keys there are, never what they are, and the next ones. */
export function keyOperations(parts: KeyParts): readonly Operation[] {
  return [
    operation({
      tag: 'system',
      method: 'GET',
      access: 'postern.system:read',
      name: 'listKeys',
      path: '/system/keys',
      summary: 'Lists keys, how they stand and what needs them',
      data: z.array(KEY),
      async run() {
        const keys = await listKeys(parts)
        return {
          data: keys.map(({ id, purpose, state, createdAt, ageSeconds, since, isOverdue, needs }) => ({
            id,
            purpose,
            state,
            created_at: createdAt.toISOString(),
            age_seconds: ageSeconds,
            since: since?.toISOString() ?? null,
            overdue: isOverdue,
            needs: Object.fromEntries(needs.map(({ what, count }) => [what, count])),
          })),
        }
      },
    }),
    operation({
      tag: 'system',
      method: 'POST',
      access: 'postern.system:write',
      needsProof: true,
      name: 'rotateKey',
      path: '/system/keys/{purpose}/rotate',
      summary: 'Makes the key that takes over from the one in use; nobody is signed out',
      params: { purpose: PURPOSE },
      data: ROTATION,
      async run({ params, caller: { principal } }) {
        const [begun] = await rotateKeys(parts, principal, [params.purpose])
        if (begun === undefined) throw new Error('nothing was rotated')
        const { id, purpose, kind, mintsAfter } = begun
        return { data: { id, purpose, begun: kind === 'begun', mints_after: mintsAfter.toISOString() } }
      },
    }),
  ]
}
