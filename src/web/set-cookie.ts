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
}

const ATTRIBUTES = { path: '/', httpOnly: true, sameSite: 'lax' } as const

/** Lets replies of this app set cookies. Reading them is the business of `cookies.ts` alone, so that is left off. */
export function acceptSetCookie(app: FastifyInstance): void {
  app.register(fastifyCookie, { hook: false })
}

/** Sets one of our cookies: `Path=/; HttpOnly; SameSite=Lax`, and `Secure` where it can be. */
export function setCookie(reply: FastifyReply, { name, value, secure, maxAgeS }: NewCookie): void {
  reply.setCookie(name, value, { ...ATTRIBUTES, secure, ...(maxAgeS !== undefined && { maxAge: maxAgeS }) })
}

/** Makes the browser drop the cookie that `setCookie` set. */
export function dropCookie(reply: FastifyReply, name: string, secure: boolean): void {
  reply.setCookie(name, '', { ...ATTRIBUTES, secure, maxAge: 0, expires: new Date(0) })
}
