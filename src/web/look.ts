import type { FastifyRequest } from 'fastify'
import { createLanguages } from '../words/languages.ts'
import type { Languages } from '../words/languages.ts'
import { DOUBLED, readCookie } from './cookies.ts'
import type { Brand, Frame } from './frame.ts'
import type { SessionCookies } from './session-cookies.ts'

/** How pages look and which languages they speak. */
export interface Look {
  readonly languages: Languages
  readonly brand: Brand
}

/** Postern's own, in the language that a browser asks for. */
export const PLAIN_LOOK: Look = { languages: createLanguages('en'), brand: { name: 'Postern', logoHref: null } }

/** What surrounds a page where nothing is known of who reads it. @param assetBase as in `Frame` */
export function plainFrame(assetBase: string): Frame {
  return { assetBase, brand: PLAIN_LOOK.brand, words: PLAIN_LOOK.languages.choose('en', undefined) }
}

/** What surrounds a page for whoever asks for it. */
export function createFrame(
  { languages, brand }: Look,
  { headers }: Pick<FastifyRequest, 'headers'>,
  { cookies, assetBase }: { readonly cookies: Pick<SessionCookies, 'names'>; readonly assetBase: string },
): Frame {
  const chosen = readCookie(headers.cookie === undefined ? [] : [headers.cookie], cookies.names.language)
  const accepted = headers['accept-language']
  return { assetBase, brand, words: languages.choose(chosen === DOUBLED ? null : chosen, accepted) }
}
