import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A file that pages load from beside themselves. */
export interface Asset {
  /** File name with a digest of the content, so that it may be cached for ever. */
  readonly name: string
  readonly contentType: string
  readonly body: Buffer
}

const STYLE = readAsset('postern', 'css', 'text/css; charset=utf-8')
const MARK = readAsset('mark', 'svg', 'image/svg+xml')
const PASSKEY = readAsset('passkey', 'js', 'text/javascript; charset=utf-8')
const COPY = readAsset('copy', 'js', 'text/javascript; charset=utf-8')
const STRENGTH = readAsset('strength', 'js', 'text/javascript; charset=utf-8')

/** Names under which `frame.ts` refers to the assets. */
export const ASSET_NAMES = {
  style: STYLE.name,
  mark: MARK.name,
  passkey: PASSKEY.name,
  strength: STRENGTH.name,
  copy: COPY.name,
} as const

/** Every asset, for the route that serves them. */
export function assets(): readonly Asset[] {
  return [STYLE, MARK, PASSKEY, STRENGTH, COPY]
}

function readAsset(stem: string, extension: string, contentType: string): Asset {
  const body = readFileSync(new URL(`./assets/${stem}.${extension}`, import.meta.url))
  const digest = createHash('sha256').update(body).digest('hex').slice(0, 12)
  return { name: `${stem}-${digest}.${extension}`, contentType, body }
}
