import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { OFFLINE, ROOT, writeCommand } from './packed.ts'

const run = promisify(execFile)

const LAID = [
  'usr/bin/postern',
  'usr/sbin/posternctl',
  'usr/lib/postern/dist/main.js',
  'usr/lib/postern/npm-shrinkwrap.json',
  'usr/lib/systemd/system/postern.service',
  'usr/lib/systemd/system/postern-verify.socket',
  'usr/lib/sysusers.d/postern.conf',
  'usr/lib/tmpfiles.d/postern.conf',
  'usr/share/doc/postern/README.md',
  'etc/postern/postern.env',
]

/**
 * Runs the installing script twice into a folder, as a first installation and an upgrade.
 * @param fetch let it fetch the packages; else an npm that does nothing stands in the way
 */
export async function checkInstallation(folder: string, tarball: string, fetch: boolean): Promise<void> {
  const place = join(folder, 'root')
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  if (!fetch) writeCommand(join(bin, 'npm'), ['exit 0'])
  const env = { ...process.env, ...OFFLINE, PATH: `${bin}:${process.env['PATH'] ?? ''}` }
  const install = async (): Promise<unknown> =>
    run(join(ROOT, 'packaging/install.sh'), ['--destdir', place, tarball], { env })
  await install()
  for (const path of LAID) assert.ok(lstatSync(join(place, path), { throwIfNoEntry: false }) !== undefined, path)
  const settings = join(place, 'etc/postern/postern.env')
  const edited = 'POSTERN_PUBLIC_URL=https://auth.example.com\n'
  writeFileSync(settings, edited)
  const leftOver = join(place, 'usr/lib/postern/dist/left-over.js')
  writeFileSync(leftOver, '')
  await install()
  assert.equal(readFileSync(settings, 'utf8'), edited)
  assert.ok(!existsSync(leftOver))
  assert.deepEqual(readdirSync(join(place, 'usr/lib')).toSorted(), ['postern', 'systemd', 'sysusers.d', 'tmpfiles.d'])
  if (!fetch) return
  const { stdout } = await run(join(place, 'usr/bin/postern'), ['--version'])
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/)
}
