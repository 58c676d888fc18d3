import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A file that pages load from beside themselves. */
export interface Asset {
  /** File name with a digest of the content, so that it may be cached for ever. */
  readonly name: string
  readonly contentType: string
  readonly body: Buffer
}

const CSS = 'text/css; charset=utf-8'
const JS = 'text/javascript; charset=utf-8'
const PICO = import.meta.resolve('@picocss/pico/css/pico.classless.min.css')

// In a layer, pico never wins over our own sheet, however specific its selectors are. Its images are `data:` addresses,
// which our policy for content doesn't load.
const PICO_LAYER = `@layer pico{${readText(PICO)
  .replace('@charset "UTF-8";', '')
  .replaceAll(/url\("data:[^"]*"\)/g, 'none')}}\n`

const STYLE = createAsset('postern', 'css', CSS, PICO_LAYER + readOwn('postern.css'))
const MARK = createAsset('mark', 'svg', 'image/svg+xml', readOwn('mark.svg'))
const SCRIPTS = {
  passkey: createScript('passkey', readOwn('passkey.js')),
  strength: createScript('strength', readOwn('strength.js')),
  copy: createScript('copy', readOwn('copy.js')),
  live: createScript('live', readOwn('live.js')),
} as const

export type ScriptName = keyof typeof SCRIPTS

/** Names under which `frame.ts` refers to the assets. */
export const ASSET_NAMES = {
  style: STYLE.name,
  mark: MARK.name,
  passkey: SCRIPTS.passkey.name,
  strength: SCRIPTS.strength.name,
  copy: SCRIPTS.copy.name,
  live: SCRIPTS.live.name,
} as const satisfies Record<ScriptName | 'style' | 'mark', string>

/** Every asset, for the route that serves them. */
export function assets(): readonly Asset[] {
  return [STYLE, MARK, ...Object.values(SCRIPTS)]
}

/** An asset named after its content. */
export function createAsset(stem: string, extension: string, contentType: string, content: string | Buffer): Asset {
  const body = Buffer.from(content)
  const digest = createHash('sha256').update(body).digest('hex').slice(0, 12)
  return { name: `${stem}-${digest}.${extension}`, contentType, body }
}

function createScript(stem: string, text: string): Asset {
  return createAsset(stem, 'js', JS, text)
}

function readOwn(file: string): string {
  return readText(new URL(`./assets/${file}`, import.meta.url).href)
}

function readText(address: string): string {
  return readFileSync(new URL(address), 'utf8')
}
