import { fastifyCookie } from '@fastify/cookie'
import type { FastifyInstance, FastifyReply } from 'fastify'

export interface NewCookie {
  readonly name: string
  /** Characters that a cookie takes as they are: base64url and the like. */
  readonly value: string
  /** True where the public URL is https; names with the `__Host-` prefix work only then. */
  readonly secure: boolean
  /** Seconds until the browser drops it; without, it goes when the browser closes. */
  readonly maxAgeS?: number
  /** The domain whose hosts all get it; null or left out for the host that sets it alone. */
  readonly domain?: string | null
}

const ATTRIBUTES = { path: '/', httpOnly: true, sameSite: 'lax' } as const

/** Lets replies of this app set cookies. Reading them is the business of `cookies.ts` alone, so that is left off. */
export function acceptSetCookie(app: FastifyInstance): void {
  app.register(fastifyCookie, { hook: false })
}

/** Sets one of our cookies: `Path=/; HttpOnly; SameSite=Lax`, and `Secure` where it can be. */
export function setCookie(reply: FastifyReply, { name, value, secure, maxAgeS, domain = null }: NewCookie): void {
  const life = maxAgeS === undefined ? {} : { maxAge: maxAgeS }
  reply.setCookie(name, value, { ...ATTRIBUTES, secure, ...life, ...(domain !== null && { domain }) })
}

/** Makes the browser drop the cookie that `setCookie` set. */
export function dropCookie(reply: FastifyReply, name: string, secure: boolean, domain: string | null = null): void {
  const past = { maxAge: 0, expires: new Date(0) }
  reply.setCookie(name, '', { ...ATTRIBUTES, secure, ...past, ...(domain !== null && { domain }) })
}
