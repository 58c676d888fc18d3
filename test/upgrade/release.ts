import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import type { Cleanup } from '../support/directories.ts'
import type { PosternEnv } from '../support/postern-process.ts'
import { PREVIOUS } from './releases.ts'

/** An earlier release as it would be installed, on the dependencies of this checkout. */
export interface Release {
  readonly version: string
  readonly launcher: string
  /** Has it keep what it compiles in its own folder, which changes from run to run. */
  readonly env: PosternEnv
}

const NODE_MODULES = join(import.meta.dirname, '../../node_modules')

/** Unpacks the previous release; it goes with the test. */
export function unpackPrevious(t: Cleanup): Release {
  // Not where tests keep files in memory: programs may not be started from there everywhere.
  const folder = mkdtempSync(join(tmpdir(), `postern-${PREVIOUS}-`))
  t.after(async () => rmSync(folder, { recursive: true, force: true }))
  const packed = readFileSync(join(import.meta.dirname, `postern-${PREVIOUS}.tar.br`))
  execFileSync('tar', ['-x', '-C', folder], { input: brotliDecompressSync(packed) })
  symlinkSync(NODE_MODULES, join(folder, 'node_modules'))
  const env = { NODE_COMPILE_CACHE: join(folder, 'compiled') }
  return { version: PREVIOUS, launcher: join(folder, 'bin/postern'), env }
}
