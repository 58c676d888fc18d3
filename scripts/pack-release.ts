// Packs what a release runs on, for the test that has it go on while its database is brought up to date:
//   node scripts/pack-release.ts v0.1.0
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'

const FOLDER = join(import.meta.dirname, '../test/upgrade')
/** All that `bin/postern` reads but its dependencies; of the migrations not the dump, which nothing reads. */
const CONTENT = ['bin', 'src', 'migrations', 'package.json', ':(exclude)migrations/schema.sql']
const MAX_TAR_BYTES = 100_000_000
const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_MAX_QUALITY, BROTLI_MAX_WINDOW_BITS } = constants

const [commit] = process.argv.slice(2)
if (commit === undefined) throw new Error('Name the commit or tag of the release: node scripts/pack-release.ts v0.1.0')
const git = (args: readonly string[]): Buffer => execFileSync('git', args, { maxBuffer: MAX_TAR_BYTES })
const { version } = JSON.parse(git(['show', `${commit}:package.json`]).toString()) as { version: string }
const packed = brotliCompressSync(git(['archive', commit, '--', ...CONTENT]), {
  params: { [BROTLI_PARAM_QUALITY]: BROTLI_MAX_QUALITY, [BROTLI_PARAM_LGWIN]: BROTLI_MAX_WINDOW_BITS },
})
const file = join(FOLDER, `postern-${version}.tar.br`)
writeFileSync(file, packed)
process.stdout.write(`${file}: ${packed.length} bytes\n`)
