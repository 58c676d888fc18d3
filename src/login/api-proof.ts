import type { FastifyRequest } from 'fastify'
import { PosternError } from '../errors.ts'
import { bodyKind } from '../web/body.ts'
import { refuseCrossSite } from '../web/pages.ts'
import type { PageParts } from '../web/pages.ts'
import { readJson } from '../web/strict-json.ts'
import type { Fields } from '../web/strict-json.ts'
import type { SecondProof } from './prove-factor.ts'

const MAX_CODE = 64

/**
 * The fields of a JSON body that no other site caused.
 * @throws PosternError `bad_request`, `cross_site_request`
 */
export function apiBody(parts: PageParts, request: FastifyRequest): Fields {
  refuseCrossSite(parts, request)
  if (bodyKind(request.headers['content-type']) !== 'json')
    throw new PosternError('bad_request', 'not application/json')
  return readJson(request.body as Buffer)
}

/**
 * What a program answers with that was asked for a further factor: `code`, `recovery_code` or `passkey`, and whether to
 * trust the device.
 * @throws PosternError `bad_request` for none of them, several, or anything else
 */
export function readApiProof({ trust_device: trusts = false, ...rest }: Fields): {
  proof: SecondProof
  trusts: boolean
} {
  if (typeof trusts !== 'boolean') throw new PosternError('bad_request', 'field trust_device')
  const [given, ...others] = Object.entries(rest)
  if (given === undefined || others.length > 0) throw new PosternError('bad_request', 'give exactly one factor')
  return { proof: proofOf(...given), trusts }
}

function proofOf(name: string, value: unknown): SecondProof {
  if (name === 'passkey') return { kind: 'webauthn', response: value }
  const isCode = typeof value === 'string' && value !== '' && value.length <= MAX_CODE
  if (isCode && name === 'code') return { kind: 'totp', code: value.trim() }
  if (isCode && name === 'recovery_code') return { kind: 'recovery', code: value.trim() }
  throw new PosternError('bad_request', `field ${name.slice(0, MAX_CODE)}`)
}
