import { setting } from './setting.ts'
import { Mistake, text } from './values.ts'
import type { Reader } from './values.ts'

const MAX_NAME_CHARACTERS = 60
/** Control characters, line breaks, lone surrogates, and what turns the direction of the text around it. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u

/** A language tag as it is usually written, such as `de` or `pt-BR` (BCP 47). */
const languageTag: Reader<string> = (value) => {
  try {
    const [tag] = Intl.getCanonicalLocales(value)
    if (tag !== undefined) return tag
  } catch {
    // Told below like an empty one.
  }
  return new Mistake('expects a language tag such as en, de or pt-BR')
}

const brandName: Reader<string> = (value) =>
  value.trim() === value && value.length <= MAX_NAME_CHARACTERS && !CONTROLS.test(value)
    ? value
    : new Mistake(`expects a name of 1 to ${MAX_NAME_CHARACTERS} characters on one line`)

const accent: Reader<string> = (value) =>
  /^#[0-9a-f]{6}$/i.test(value) ? value.toLowerCase() : new Mistake('expects a colour such as #1f6a64')

/** Which languages pages and mails speak, and whose they are. */
export const LOOK_SETTINGS = {
  language: setting(
    'POSTERN_LANGUAGE',
    languageTag,
    'en',
    'Language of pages and mails for whoever asks for none that is there: en, de, or one from POSTERN_LANGUAGES_DIR.',
  ),
  languagesDir: setting(
    'POSTERN_LANGUAGES_DIR',
    text,
    null,
    'Folder of further languages, a file each such as fr.json: postern language template prints what to translate. What a file lacks is said in English.',
  ),
  brandName: setting(
    'POSTERN_BRAND_NAME',
    brandName,
    'Postern',
    'Name on every page and mail, up to 60 characters, such as that of the organisation.',
  ),
  brandLogo: setting(
    'POSTERN_BRAND_LOGO',
    text,
    null,
    'File of the mark on every page: an SVG or PNG of at most 100 kB, read at the start.',
  ),
  brandAccent: setting(
    'POSTERN_BRAND_ACCENT',
    accent,
    null,
    'Colour of links and buttons on pages and in mails, such as #1f6a64. Where it could not be read, a darker or lighter shade of it is used.',
  ),
} as const
