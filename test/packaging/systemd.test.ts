import assert from 'node:assert/strict'
import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { promisify } from 'node:util'
import { loadConfig } from '../../src/config/load.ts'
import { openTestDatabase } from '../support/database.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { freePort } from '../support/ports.ts'
import { until } from '../support/until.ts'
import { ROOT, writeCommand } from './packed.ts'

const run = promisify(execFile)
const UNITS = join(ROOT, 'packaging/systemd')
const SERVICE = readFileSync(join(UNITS, 'postern.service'), 'utf8')
const SOCKET = readFileSync(join(UNITS, 'postern-verify.socket'), 'utf8')
/** Tenths of the exposure that systemd sees; what is left is the network, sockets and V8's compiling. */
const MOST_EXPOSED = 15

suite('the units of systemd', { timeout: 120_000 }, () => {
  test('are what systemd understands, alone and with what is offered for PostgreSQL and workers', async (t) => {
    if (!isThere('systemd-analyze')) return t.skip('systemd-analyze is not on this machine')
    const folder = await temporaryDirectory(t)
    for (const name of ['postern.service', 'postern-verify.socket', 'postern.service.d'])
      cpSync(join(UNITS, name), join(folder, name), { recursive: true })
    writeFileSync(join(folder, 'postern.service'), SERVICE.replaceAll('/usr/lib/postern', ROOT))
    const env = { ...process.env, SYSTEMD_UNIT_PATH: `${folder}:` }
    const verify = ['verify', '--man=no', join(folder, 'postern.service'), join(folder, 'postern-verify.socket')]
    assert.deepEqual(await run('systemd-analyze', verify, { env }), { stdout: '', stderr: '' })
    const offered = join(folder, 'postern.service.d')
    for (const name of readdirSync(offered))
      renameSync(join(offered, name), join(offered, name.replace('.example', '')))
    assert.deepEqual(await run('systemd-analyze', verify, { env }), { stdout: '', stderr: '' })
  })

  test('let the program do little', async (t) => {
    if (!isThere('systemd-analyze')) return t.skip('systemd-analyze is not on this machine')
    const args = ['security', '--offline=true', `--threshold=${MOST_EXPOSED}`, join(UNITS, 'postern.service')]
    const { stdout } = await run('systemd-analyze', args)
    t.diagnostic(/Overall exposure.*/.exec(stdout)?.[0] ?? '')
  })

  test('give settings that Postern starts with, and the secrets as files that systemd shows to it alone', () => {
    const own = environmentIn(SERVICE)
    assert.ok('config' in load(own))
    const [listen = ''] = valuesOf(SOCKET, 'ListenStream')
    assert.equal(own['POSTERN_VERIFY_LISTEN'], `unix:${listen}`)
    assert.deepEqual(valuesOf(SOCKET, 'FileDescriptorName'), ['verify'])
    const offered = ['postgresql', 'workers'].map((name) =>
      readFileSync(join(UNITS, 'postern.service.d', `${name}.conf.example`), 'utf8'),
    )
    const loaded = load({
      ...own,
      ...environmentIn(offered.join('\n')),
      POSTERN_PUBLIC_URL: 'https://auth.example.com',
    })
    assert.ok('config' in loaded, JSON.stringify(loaded))
    assert.equal(loaded.config.workers, 2)
    const shown = valuesOf(offered.join('\n'), 'LoadCredential').map((value) => value.split(':')[0])
    assert.deepEqual(shown, ['database-url', 'secret-key'])
  })

  test(
    'what the proxy asks before the program runs is answered by it',
    { skip: !isThere('systemd-socket-activate') },
    async (t) => {
      const folder = await temporaryDirectory(t)
      const socket = join(folder, 'verify.sock')
      const ops = await freePort()
      const settings = {
        ...environmentIn(SERVICE),
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
        POSTERN_VERIFY_LISTEN: `unix:${socket}`,
        POSTERN_DATABASE_URL: (await openTestDatabase(t)).url,
        POSTERN_SECRET_KEY: 'a secret of thirty-two bytes or more',
        POSTERN_PUBLIC_URL: 'https://auth.example.com',
        POSTERN_POLICY_FILE: join(ROOT, 'packaging/compose/policy.yaml'),
        POSTERN_LISTEN: `127.0.0.1:${await freePort()}`,
        POSTERN_OPS_LISTEN: `127.0.0.1:${ops}`,
      }
      const passed = Object.entries(settings).map(([name, value]) => `--setenv=${name}=${value}`)
      const [fdName = ''] = valuesOf(SOCKET, 'FileDescriptorName')
      const [command = ''] = valuesOf(SERVICE, 'ExecStart')
      const args = [
        `--listen=${socket}`,
        `--fdname=${fdName}`,
        ...passed,
        ...command.replace('/usr/lib/postern', ROOT).split(' '),
      ]
      const child = spawn('systemd-socket-activate', args, { stdio: 'ignore', env: { PATH: process.env['PATH'] } })
      t.after(() => child.kill('SIGKILL'))
      await until('the socket is there', 10_000, () => existsSync(socket))
      const asked = request({ socketPath: socket, path: '/verify/nginx' }).end()
      const [answer] = (await once(asked, 'response')) as [IncomingMessage]
      answer.resume()
      assert.equal(answer.statusCode, 403)
      await until(
        'it has started',
        30_000,
        async () => (await fetch(`http://127.0.0.1:${ops}/health`).catch(() => null))?.ok === true,
      )
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      assert.deepEqual(await ended, [0, null])
      // It was systemd's, and only systemd may take it away.
      assert.ok(existsSync(socket))
    },
  )
})

suite('commands beside the service', () => {
  test('posternctl runs commands with the settings and secrets of the service', async (t) => {
    const folder = await temporaryDirectory(t)
    const bin = join(folder, 'bin')
    mkdirSync(bin)
    writeCommand(join(bin, 'postern'), ['echo "$@ $POSTERN_PUBLIC_URL $POSTERN_DATA_DIR ${POSTERN_SECRET_KEY_FILE:-}"'])
    writeCommand(join(bin, 'setpriv'), ['echo "$1"', 'shift 3', 'exec "$@"'])
    const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, POSTERN_ETC: folder }
    writeFileSync(join(folder, 'postern.env'), '#POSTERN_LISTEN=\nPOSTERN_PUBLIC_URL=https://auth.example.com\n')
    const ask = async (): Promise<string> => (await run(join(UNITS, 'posternctl'), ['user', 'list'], { env })).stdout
    const asRoot = process.getuid?.() === 0 ? '--reuid=postern\n' : ''
    assert.equal(await ask(), `${asRoot}user list https://auth.example.com /var/lib/postern \n`)
    writeFileSync(join(folder, 'database-url'), 'postgres://postern@db/postern')
    assert.equal(await ask(), `user list https://auth.example.com /var/lib/postern ${folder}/secret-key\n`)
  })
})

function isThere(command: string): boolean {
  return spawnSync(command, ['--version']).error === undefined
}

function load(environment: Readonly<Record<string, string>>): ReturnType<typeof loadConfig> {
  const files: Readonly<Record<string, string>> = {
    '%d/database-url': 'postgres://postern@db/postern',
    '%d/secret-key': 'a secret of thirty-two bytes or more',
  }
  return loadConfig(environment, (path) => {
    const text = files[path]
    if (text === undefined) throw new Error(`${path} is no credential`)
    return text
  })
}

function valuesOf(unit: string, name: string): string[] {
  return [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value)
}

function environmentIn(unit: string): Record<string, string> {
  const pairs = valuesOf(unit, 'Environment').flatMap((line) => line.split(' '))
  return Object.fromEntries(pairs.map((pair) => pair.split('=', 2) as [string, string]))
}
