import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/settings.ts'
import { OperatorError } from '../errors.ts'
import { shadesOn } from '../lib/colour.ts'
import type { Colour } from '../lib/colour.ts'
import { createLanguages, readTranslation } from '../words/languages.ts'
import type { Languages } from '../words/languages.ts'
import type { Translation } from '../words/words.ts'
import { createAsset } from './assets.ts'
import type { Asset } from './assets.ts'
import { PLAIN_LOOK } from './look.ts'
import type { Look } from './look.ts'

export type LookSettings = Pick<Config, 'language' | 'languagesDir' | 'brandName' | 'brandLogo' | 'brandAccent'>

/** What `--ground`, `--sheet` and `--line` are in the style sheet; the accent stands on each of them. */
export const GROUNDS = { light: ['#eef1f0', '#ffffff', '#d3dad8'], dark: ['#101516', '#192021', '#303a3b'] } as const

const MAX_LOGO_BYTES = 100_000
const MAX_LANGUAGE_BYTES = 1_000_000
const PNG_BEGINNING = '89504e470d0a1a0a'
const SVG_BEGINNING = /^\ufeff?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--[\s\S]*?-->\s*|<!DOCTYPE svg[^>[]*>\s*)*<svg[\s>]/i

/**
 * Reads what the settings name: languages and the mark.
 * @throws OperatorError with a sentence for each file that can't be used
 */
export function openLook({ language, languagesDir, brandName, brandLogo, brandAccent }: LookSettings): Look {
  const mistakes: string[] = []
  const languages = openLanguages(language, languagesDir, mistakes)
  const logo = brandLogo === null ? null : openLogo(brandLogo, mistakes)
  if (mistakes.length > 0) throw new OperatorError(mistakes.join('\n'), 2)
  if (brandAccent === null) return { ...PLAIN_LOOK, languages, name: brandName, logo }
  const [light, dark] = [shadesOn(brandAccent, GROUNDS.light), shadesOn(brandAccent, GROUNDS.dark)]
  const style = createAsset('brand', 'css', 'text/css; charset=utf-8', styleOf(light, dark))
  return { languages, name: brandName, logo, style, mailAccent: { ground: light.accent, on: light.on } }
}

function openLanguages(usual: string, folder: string | null, mistakes: string[]): Languages {
  const languages = createLanguages(usual, folder === null ? new Map() : readLanguages(folder, mistakes))
  if (mistakes.length === 0 && languages.find(usual) === null) {
    const tags = languages.all.map(({ tag }) => tag).join(', ')
    mistakes.push(`POSTERN_LANGUAGE is ${usual}, which is not there. There are: ${tags}.`)
  }
  return languages
}

function readLanguages(folder: string, mistakes: string[]): ReadonlyMap<string, Translation> {
  const found = new Map<string, Translation>()
  for (const name of listFiles(folder, mistakes)) {
    const read = readLanguage(folder, name)
    if (typeof read === 'string') mistakes.push(`POSTERN_LANGUAGES_DIR: ${join(folder, name)}: ${read}`)
    else found.set(...read)
  }
  return found
}

function listFiles(folder: string, mistakes: string[]): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort()
  } catch {
    mistakes.push(`POSTERN_LANGUAGES_DIR names a folder that can't be read: ${folder}. Check its path and permissions.`)
    return []
  }
}

/** The language of one file, or the sentence that says what is wrong with it. */
function readLanguage(folder: string, name: string): [string, Translation] | string {
  const tag = name.slice(0, -'.json'.length)
  if (canonicalTag(tag) !== tag)
    return `A file is named after its language, such as fr.json or pt-BR.json; ${tag} is no language tag as it is written.`
  const text = readUpTo(join(folder, name), MAX_LANGUAGE_BYTES)
  if (text === null)
    return `It can't be read, or is over ${MAX_LANGUAGE_BYTES / 1_000} kB. Check it and its permissions.`
  try {
    const read = readTranslation(JSON.parse(text.toString('utf8')))
    return typeof read === 'string' ? read : [tag, read]
  } catch (error) {
    return `It is no JSON: ${error instanceof Error ? error.message : String(error)}.`
  }
}

function canonicalTag(tag: string): string | null {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? null
  } catch {
    return null
  }
}

function openLogo(path: string, mistakes: string[]): Asset | null {
  const body = readUpTo(path, MAX_LOGO_BYTES)
  if (body === null) {
    mistakes.push(`POSTERN_BRAND_LOGO names a file that can't be read, or is over 100 kB: ${path}.`)
    return null
  }
  if (body.subarray(0, 8).toString('hex') === PNG_BEGINNING) return createAsset('logo', 'png', 'image/png', body)
  if (SVG_BEGINNING.test(body.toString('utf8'))) return createAsset('logo', 'svg', 'image/svg+xml', body)
  mistakes.push(`POSTERN_BRAND_LOGO names a file that is neither SVG nor PNG: ${path}.`)
  return null
}

function readUpTo(path: string, maxBytes: number): Buffer | null {
  try {
    const body = readFileSync(path)
    return body.length > maxBytes ? null : body
  } catch {
    return null
  }
}

type Shown = Readonly<Record<'accent' | 'strong' | 'on', Colour>>

function styleOf(light: Shown, dark: Shown): string {
  const rule = ({ accent, strong, on }: Shown): string =>
    `:root{--accent:${accent};--accent-strong:${strong};--on-accent:${on}}`
  return `${rule(light)}\n@media (prefers-color-scheme:dark){${rule(dark)}}\n`
}
