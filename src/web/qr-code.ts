import { html } from './html.ts'
import type { Html } from './html.ts'

/** What scanners need around a code: four modules of white. */
const QUIET = 4

/** A text as QR code, drawn as one path, dark on white in every colour scheme since scanners expect that. */
export async function qrCode(text: string, label: string): Promise<Html> {
  const { encode } = await import('uqr')
  const { data, size } = encode(text, { ecc: 'M', border: 0 })
  const dark = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])))
  const side = size + 2 * QUIET
  return html`<svg class="qr-code" role="img" aria-label="${label}" viewBox="${`-${QUIET} -${QUIET} ${side} ${side}`}">
    <rect x="${-QUIET}" y="${-QUIET}" width="${side}" height="${side}" fill="#ffffff" />
    <path fill="#000000" d="${dark.join('')}" shape-rendering="crispEdges" />
  </svg>`
}
