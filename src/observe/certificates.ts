import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { PartHealth } from './health.ts'

/** When certificates end, as last read. */
export interface Certificates {
  /** Reads all files again; what can't be read is told by `health`. */
  read(): Promise<void>
  /** Seconds since 1970, by file; without those that can't be read. */
  readonly ends: Readonly<Record<string, number>>
  health(nowMs: number): PartHealth
}

/** A certificate authority that renews by itself does so earlier. */
const SOON_MS = 14 * 86_400_000

/** @param files paths of PEM files, of each of which the first certificate counts: it is the one that is served */
export function openCertificates(files: readonly string[]): Certificates {
  let ends: Record<string, number> = {}
  let faults: string[] = []
  return {
    async read() {
      const read = await Promise.all(files.map(async (file) => [file, await endOf(file)] as const))
      ends = Object.fromEntries(read.flatMap(([file, end]) => (typeof end === 'number' ? [[file, end]] : [])))
      faults = read.flatMap(([file, end]) => (typeof end === 'number' ? [] : [`${file} can't be read: ${end}.`]))
    },
    get ends() {
      return ends
    },
    health(nowMs) {
      const soon = Object.entries(ends).flatMap(([file, end]) => soonSentence(file, end * 1_000, nowMs))
      const detail = [...faults, ...soon].join(' ')
      return detail === '' ? { status: 'ok' } : { status: 'degraded', detail }
    },
  }
}

async function endOf(file: string): Promise<number | string> {
  try {
    return new X509Certificate(await readFile(file)).validToDate.getTime() / 1_000
  } catch (error) {
    // Of a file that can be read no text is told: it may hold the key as well.
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return typeof code === 'string' && /^E[A-Z]+$/.test(code) ? code : 'it holds no certificate in PEM'
  }
}

function soonSentence(file: string, endMs: number, nowMs: number): string[] {
  if (endMs - nowMs >= SOON_MS) return []
  const day = new Date(endMs).toISOString().slice(0, 10)
  return [endMs <= nowMs ? `${file} ended on ${day}.` : `${file} ends on ${day}.`]
}
