import { createHmac } from 'node:crypto'
import { equalSecrets } from '../lib/secrets.ts'

/** What a browser says of where a request comes from; undefined where a header is absent. */
export interface RequestSource {
  readonly origin: string | undefined
  readonly secFetchSite: string | undefined
}

/** What a form token stands for; a token for one form of one visitor is worth nothing elsewhere. */
export interface FormBinding {
  /** The form's name, such as `sign-in`. */
  readonly purpose: string
  /** A session token, or before sign-in the random value of the pre-sign-in cookie. */
  readonly binding: string
}

/**
 * True for a request that a page of another origin caused. A request that says nothing of its source passes: no
 * browser sends one, and cookies alone are no proof to a program that has none.
 * @param publicOrigin scheme, host and port of the portal as browsers write them, such as `https://auth.example.com`
 */
export function isCrossSite({ origin, secFetchSite }: RequestSource, publicOrigin: string): boolean {
  if (origin !== undefined && origin !== publicOrigin) return true
  return secFetchSite !== undefined && secFetchSite !== 'same-origin' && secFetchSite !== 'none'
}

/** The hidden `csrf` field of a form: HMAC-SHA256 over purpose and binding, base64url. */
export function createFormToken(key: Uint8Array, { purpose, binding }: FormBinding): string {
  return createHmac('sha256', key).update(`${purpose}\0${binding}`).digest('base64url')
}

/** Whether the token that came with a form is the one this visitor was given for it. */
export function isFormToken(key: Uint8Array, binding: FormBinding, token: string): boolean {
  return equalSecrets(createFormToken(key, binding), token)
}
