import { registerHooks } from 'node:module'
import { BREAKS, breakSource } from './breaks.ts'
import type { Break } from './breaks.ts'

// Loaded before the program by `--import`, so that the program itself needs no switch that breaks it.
const chosen: Break | undefined = Object.entries(BREAKS).find(([name]) => name === process.env['FAULTS_BREAK'])?.[1]
if (chosen === undefined) throw new Error(`FAULTS_BREAK must be one of: ${Object.keys(BREAKS).join(', ')}`)
const url = new URL(`../../src/${chosen.file}`, import.meta.url).href
const loaded = { broken: false }

registerHooks({
  load(asked, context, next) {
    const module = next(asked, context)
    if (asked !== url) return module
    loaded.broken = true
    return { ...module, source: breakSource(textOf(module.source), chosen) }
  },
})
process.once('exit', () => {
  if (!loaded.broken) process.stderr.write(`src/${chosen.file} was never loaded, so nothing was broken\n`)
})

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray | undefined): string {
  if (source === undefined) throw new Error('a module without source')
  return typeof source === 'string' ? source : Buffer.from(source as Uint8Array).toString()
}
