import { randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { DOUBLED, readCookie } from './cookies.ts'
import { cookieHeaders } from './pages.ts'
import type { SessionCookies } from './session-cookies.ts'
import { setCookie } from './set-cookie.ts'

/** The random value that a browser was given before anybody signed in, or null. */
export function findPreSignIn({ names }: SessionCookies, request: FastifyRequest): string | null {
  const value = readCookie(cookieHeaders(request), names.preSignIn)
  return value === DOUBLED || value === '' ? null : value
}

/** The same, given now where there is none, so that a form has something to be bound to. */
export function keepPreSignIn(cookies: SessionCookies, request: FastifyRequest, reply: FastifyReply): string {
  const known = findPreSignIn(cookies, request)
  if (known !== null) return known
  const value = randomBytes(24).toString('base64url')
  setCookie(reply, { name: cookies.names.preSignIn, value, secure: cookies.secure })
  return value
}
