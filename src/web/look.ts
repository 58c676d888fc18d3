import type { FastifyReply, FastifyRequest } from 'fastify'
import { createLanguages } from '../words/languages.ts'
import type { Languages } from '../words/languages.ts'
import type { Words } from '../words/words.ts'
import type { Asset } from './assets.ts'
import { DOUBLED, readCookie } from './cookies.ts'
import type { Frame } from './frame.ts'
import type { LanguageLink } from './language-choice.ts'
import type { SessionCookies } from './session-cookies.ts'

/** How pages and mails look and which languages they speak. */
export interface Look {
  readonly languages: Languages
  readonly name: string
  /** Of buttons in mails, which stand on white: their ground and the text on it. */
  readonly mailAccent: { readonly ground: string; readonly on: string }
  /** Null for Postern's own mark. */
  readonly logo: Asset | null
  /** A sheet that is loaded after the one that all pages share; null where nothing of that is changed. */
  readonly style: Asset | null
}

interface Surroundings {
  readonly cookies: Pick<SessionCookies, 'names'>
  readonly assetBase: string
  /** The page in the languages that it is to be had in; none where it can't be asked for by its address alone. */
  readonly languageLinks?: readonly LanguageLink[]
}

const OWN_ACCENT = { ground: '#1f6a64', on: '#ffffff' }

/** Postern's own, in the language that a browser asks for. */
export const PLAIN_LOOK: Look = {
  languages: createLanguages('en'),
  name: 'Postern',
  mailAccent: OWN_ACCENT,
  logo: null,
  style: null,
}

/** What surrounds a page where nothing is known of who reads it. @param assetBase as in `Frame` */
export function plainFrame(assetBase: string): Frame {
  return frameIn(PLAIN_LOOK, PLAIN_LOOK.languages.choose('en', undefined), { assetBase })
}

/** What surrounds a page for whoever asks for it. */
export function createFrame(
  look: Look,
  { headers }: Pick<FastifyRequest, 'headers'>,
  { cookies, ...others }: Surroundings,
): Frame {
  const chosen = readCookie(headers.cookie === undefined ? [] : [headers.cookie], cookies.names.language)
  const words = look.languages.choose(chosen === DOUBLED ? null : chosen, headers['accept-language'])
  return frameIn(look, words, others)
}

/** Says to whatever keeps a reply that it is for readers of one language. */
export function varyByLanguage(reply: FastifyReply): FastifyReply {
  const said = reply.getHeader('vary')
  return reply.header('vary', said === undefined ? 'accept-language' : `${String(said)}, accept-language`)
}

/** The frame of a page in a language that is known. */
export function frameIn(
  { name, logo, style }: Look,
  words: Words,
  { assetBase, languageLinks = [] }: Omit<Surroundings, 'cookies'>,
): Frame {
  const hrefOf = (asset: Asset | null): string | null => (asset === null ? null : `${assetBase}/${asset.name}`)
  return { assetBase, words, brand: { name, logoHref: hrefOf(logo), styleHref: hrefOf(style) }, languageLinks }
}
