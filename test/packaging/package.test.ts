import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { temporaryDirectory } from '../support/directories.ts'
import { PASSWORD, policyOf } from '../support/e2e.ts'
import { IS_LONG } from '../support/long.ts'
import { startPostern } from '../support/postern-process.ts'
import type { PosternProcess } from '../support/postern-process.ts'
import { checkInstallation } from './installed.ts'
import { linkDependencies, OFFLINE, pack, ROOT, unpack, writeCommand } from './packed.ts'

const run = promisify(execFile)

suite('the npm package', { timeout: 120_000 }, () => {
  test('holds what is named, and starts in an empty folder with nothing set', async (t) => {
    const folder = await temporaryDirectory(t)
    const { tarball, files } = await pack(folder)
    const installed = join(folder, 'empty/node_modules/postern')
    await unpack(tarball, installed)

    await t.test('its files are the compiled sources and what an operator copies, and no other', () => {
      assert.deepEqual(files, expectedFiles())
    })

    await t.test('none of them names this machine, holds a key, or leads to sources that are not there', () => {
      for (const path of files) {
        const text = readFileSync(join(installed, path), 'utf8')
        assert.ok(!text.includes(ROOT), path)
        assert.doesNotMatch(text, /sourceMappingURL|BEGIN [A-Z ]*PRIVATE KEY|"resolved"/, path)
        if (path.startsWith('dist/')) assert.doesNotMatch(text, /from '\.[^']*\.ts'|URL\('[^']*\.ts'/, path)
      }
    })

    await t.test('it pins each package that it needs by version and hash, and none that only builds it', () => {
      const { packages } = readShrinkwrap(installed)
      const { '': own, ...others } = packages
      assert.equal(own?.devDependencies, undefined)
      assert.ok(Object.keys(others).length > 50)
      for (const [name, { dev, version, integrity, inBundle }] of Object.entries(others)) {
        assert.ok(dev !== true && typeof version === 'string', name)
        assert.ok(inBundle === true || integrity?.startsWith('sha512-'), name)
      }
    })

    await t.test('install.sh lays it where Debian has such things, and a second time leaves settings alone', () =>
      checkInstallation(folder, tarball, IS_LONG),
    )

    linkDependencies(join(folder, 'empty/node_modules'))
    await startsFrom(t, join(folder, 'empty'), join(installed, 'bin/postern'))
  })

  test('starts as npm installs it', { skip: IS_LONG ? false : 'long' }, async (t) => {
    const folder = await temporaryDirectory(t)
    const { tarball } = await pack(folder)
    const empty = join(folder, 'empty')
    mkdirSync(empty)
    await run('npm', ['install', '--ignore-scripts', tarball], { cwd: empty, env: { ...process.env, ...OFFLINE } })
    await startsFrom(t, empty, join(empty, 'node_modules/.bin/postern'))
  })
})

suite('the launcher', () => {
  test('says what to do where there is no Node, or an old one', async (t) => {
    const folder = await temporaryDirectory(t)
    const installed = join(folder, 'node_modules/postern')
    await run('mkdir', ['-p', join(installed, 'bin'), join(folder, 'none'), join(folder, 'old')])
    await run('cp', [join(ROOT, 'bin/postern'), join(installed, 'bin/postern')])
    writeCommand(join(folder, 'old/node'), ['[ "$1" = --version ] && { echo v20.19.0; exit 0; }', 'exit 1'])
    for (const tool of ['sh', 'dirname', 'readlink'])
      for (const path of ['none', 'old']) await run('ln', ['-s', await which(tool), join(folder, path, tool)])
    for (const [path, found] of [
      ['none', 'none'],
      ['old', 'v20.19.0'],
    ] as const) {
      const launcher = join(installed, 'bin/postern')
      const failed = await run('/bin/sh', [launcher, 'serve'], { env: { PATH: join(folder, path) } }).catch(
        (error: unknown) => error as { code: number; stderr: string },
      )
      assert.ok('code' in failed, 'it started')
      assert.equal(failed.code, 1)
      const said = `Postern needs Node 24.15 or later and found ${found}. Install again without --omit=optional`
      assert.ok(failed.stderr.startsWith(said), failed.stderr)
    }
  })
})

async function which(tool: string): Promise<string> {
  return (await run('sh', ['-c', `command -v ${tool}`])).stdout.trim()
}

/** Starts the command without arguments in the folder, as `npx` would, and sees that the program is whole. */
async function startsFrom(t: TestContext, folder: string, command: string): Promise<void> {
  const started = writeCommand(join(folder, 'start'), [`cd ${folder} && unset POSTERN_DATA_DIR && exec ${command}`])
  const postern = await startPostern(t, {}, started)

  await t.test('without a word it serves from a database in ./data, and offers the first administrator', async () => {
    assert.match(postern.logs(), /^Starting the server, as `postern serve` does\./)
    const link = join(folder, 'data/first-run-link.txt')
    assert.equal(statSync(link).mode & 0o777, 0o600)
    assert.ok(postern.logs().includes(link))
    assert.deepEqual(await statusesOf(postern, readFileSync(link, 'utf8').trim()), [200, 200, 200])
  })

  await t.test('its commands reach it, and its threads and processes are there', async () => {
    const env = { ...postern.env, POSTERN_DATA_DIR: join(folder, 'data') }
    const { HOME: home = '/', PATH: path = '' } = process.env
    const tell = async (args: readonly string[], input = ''): Promise<string> => {
      const told = run(command, args, { env: { HOME: home, PATH: path, ...env } })
      told.child.stdin?.end(input)
      return (await told).stdout
    }
    const policy = join(folder, 'policy.yaml')
    // What replaces a policy is read in a thread; passwords are weighed in a process, and hashed with a binary.
    for (const name of ['app', 'other']) {
      writeFileSync(policy, policyOf('http://localhost:9080').replace('name: app', `name: ${name}`))
      assert.match(await tell(['policy', 'apply', policy]), /version \d/i)
    }
    await tell(['user', 'create', 'alice', '--email', 'alice@example.com', '--password-stdin'], `${PASSWORD}\n`)
    assert.equal(await tell(['system', 'health', '--ready']), 'The server is ready.\n')
  })
  assert.equal(await postern.stop(), 0)
}

async function statusesOf(postern: PosternProcess, link: string): Promise<number[]> {
  const origin = `http://localhost:${postern.env['POSTERN_LISTEN']?.split(':')[1]}`
  const page = await fetch(`${origin}/.postern/login`)
  const sheet = /href="([^"]+\.css)"/.exec(await page.text())?.[1] ?? ''
  const others = [new URL(link).href, new URL(sheet, page.url).href]
  return [page.status, ...(await Promise.all(others.map(async (url) => (await fetch(url)).status)))]
}

function expectedFiles(): string[] {
  const compiled = filesOf('src').map((path) => path.replace(/^src/, 'dist').replace(/\.ts$/, '.js'))
  const pages = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'))
  const single = [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'SECURITY.md',
    'bin/postern',
    'npm-shrinkwrap.json',
    'package.json',
  ]
  const folders = ['migrations', 'nginx', 'proxies', 'config', 'docs/proxies', 'docs/runbooks']
  const packaging = filesOf('packaging').filter((path) => !/\/secrets\/|\/\.gitignore$/.test(path))
  const all = [
    ...compiled,
    ...single,
    ...folders.flatMap(filesOf),
    ...packaging,
    ...pages.map((name) => `docs/${name}`),
  ]
  return all.toSorted()
}

function filesOf(folder: string): string[] {
  const entries = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
  return entries.map((path) => join(folder, path)).filter((path) => statSync(join(ROOT, path)).isFile())
}

interface Locked {
  readonly dev?: boolean
  readonly version?: string
  readonly integrity?: string
  readonly inBundle?: boolean
  readonly devDependencies?: unknown
}

function readShrinkwrap(folder: string): { packages: Record<string, Locked> } {
  return JSON.parse(readFileSync(join(folder, 'npm-shrinkwrap.json'), 'utf8')) as { packages: Record<string, Locked> }
}
