import { z } from 'zod'
import type { Described } from './operation.ts'
import { NOTHING, TEXT, TEXTS, TIME } from './shapes.ts'

const SIGNED_IN = z.strictObject({
  user: z.strictObject({ id: TEXT, login: TEXT, email: TEXT, name: TEXT, roles: TEXTS }),
  factors: TEXTS,
  expires_at: TIME,
})
const NEXT = z.union([
  z.strictObject({ next: z.literal('second_factor'), factors: TEXTS }),
  z.strictObject({ next: z.literal('enrol') }),
  z.strictObject({ next: z.literal('change_password'), path: TEXT }),
])
const CODE = z.string().min(1).max(64)
const PROOF = {
  code: CODE.optional().describe('Of an authenticator app.'),
  recovery_code: CODE.optional(),
  passkey: z.looseObject({}).optional().describe('What the browser’s passkey gave.'),
}
const COMMON = { tag: 'sign-in', refusesTokens: true } as const

/** Signing in and out, which have routes of their own (`login/api-routes.ts`) since they begin and end what callers are. */
export const SIGN_IN_DESCRIBED: readonly Described[] = [
  {
    ...COMMON,
    name: 'signIn',
    method: 'POST',
    path: '/auth/login',
    summary: 'Signs somebody in by a password, or tells what is asked for next',
    access: 'anyone',
    body: {
      username: z.string().min(1).max(4_096),
      password: z.string().min(1).max(4_096),
      remember: z.boolean().optional(),
    },
    data: z.union([SIGNED_IN, NEXT]),
    errors: ['invalid_credentials', 'too_many_attempts'],
  },
  {
    ...COMMON,
    name: 'giveSecondFactor',
    method: 'POST',
    path: '/auth/second-factor',
    summary: 'Completes a sign-in by exactly one further factor',
    access: 'anyone',
    body: { ...PROOF, trust_device: z.boolean().optional() },
    data: z.union([SIGNED_IN, NEXT]),
    errors: ['wrong_second_factor', 'sign_in_expired', 'too_many_attempts'],
  },
  {
    ...COMMON,
    name: 'askForPasskey',
    method: 'POST',
    path: '/auth/second-factor/passkey',
    summary: 'Gives what the browser asks a passkey with',
    access: 'anyone',
    body: {},
    data: z.looseObject({}),
    errors: ['sign_in_expired'],
  },
  {
    ...COMMON,
    name: 'stepUp',
    method: 'POST',
    path: '/auth/step-up',
    summary: 'Adds exactly one factor to a sign-in',
    access: 'signed_in',
    body: { ...PROOF, trust_device: z.boolean().optional() },
    data: z.union([SIGNED_IN, NEXT]),
    errors: ['wrong_second_factor', 'sign_in_expired', 'too_many_attempts'],
  },
  {
    ...COMMON,
    name: 'signOut',
    method: 'POST',
    path: '/auth/logout',
    summary: 'Ends the sign-in that asks',
    access: 'anyone',
    data: NOTHING,
  },
  {
    ...COMMON,
    name: 'getSession',
    method: 'GET',
    path: '/auth/session',
    summary: 'Tells who is signed in',
    access: 'signed_in',
    data: SIGNED_IN,
  },
]
