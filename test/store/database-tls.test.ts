import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, copyFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { OperatorError } from '../../src/errors.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { statement } from '../../src/store/statement.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { freePort } from '../support/ports.ts'
import { administer, startPostgres } from '../support/postgres.ts'
import type { PostgresServer } from '../support/postgres.ts'
import { createAuthority } from '../support/tls.ts'
import type { Authority, Certificate } from '../support/tls.ts'
import { until } from '../support/until.ts'

const WITHIN_MS = 10_000
const secured = statement<[], { ssl: boolean; version: string; owner: string }>(
  'secured',
  'select ssl, version, client_dn as owner from pg_stat_ssl where pid = pg_backend_pid()',
)
const HBA = ['local all all trust', 'hostssl all guarded all cert', 'hostssl all all all trust', ''].join('\n')

suite('TLS to PostgreSQL', { timeout: 60_000 }, () => {
  let server: PostgresServer
  let port: number
  let folder: string
  let ours: Authority
  let other: Authority
  let current: Certificate
  const closers: (() => Promise<void>)[] = []
  before(async () => {
    port = await freePort()
    folder = await temporaryDirectory({ after: (close) => void closers.push(close) })
    server = await startPostgres(['listen_addresses=127.0.0.1', `port=${port}`])
    ;[ours, other] = await Promise.all([createAuthority(folder, 'ours'), createAuthority(folder, 'other')])
    current = await ours.issue('localhost', ['localhost'])
    writeFileSync(join(server.socketFolder, 'data', 'pg_hba.conf'), HBA)
    await administer(server.urlPrefix, 'create role guarded login')
    await useCertificate(current)
  })
  after(async () => {
    await server.close()
    for (const close of closers) await close()
  })

  /** Has the server show another certificate from now on. */
  async function useCertificate(certificate: Certificate): Promise<void> {
    const names = {
      ssl_cert_file: certificate.certificatePath,
      ssl_key_file: certificate.keyPath,
      ssl_ca_file: ours.certificatePath,
    }
    const { uid, gid } = statSync(server.socketFolder)
    for (const [name, path] of Object.entries(names)) {
      const own = join(server.socketFolder, name)
      copyFileSync(path, own)
      chmodSync(own, 0o600)
      if (process.getuid?.() === 0) chownSync(own, uid, gid)
      await administer(server.urlPrefix, `alter system set ${name} = '${own}'`)
    }
    await administer(server.urlPrefix, 'alter system set ssl = on')
    await administer(server.urlPrefix, 'select pg_reload_conf()')
    const serial = execFileSync('openssl', ['x509', '-in', certificate.certificatePath, '-outform', 'DER'])
    await until('it is shown', WITHIN_MS, () =>
      shown().then(
        (each) => each.equals(serial),
        () => false,
      ),
    )
  }

  /** In place of the whole conversation: what a client sees of the server's certificate. */
  async function shown(): Promise<Buffer> {
    const args = ['s_client', '-starttls', 'postgres', '-connect', `127.0.0.1:${port}`]
    const told = execFileSync('openssl', args, { input: '', stdio: ['pipe', 'pipe', 'ignore'] })
    return execFileSync('openssl', ['x509', '-outform', 'DER'], { input: told })
  }

  const connect = async (host: string, parameters: string, user = 'postgres') => {
    const database = openPostgres({ url: `postgresql://${user}@${host}:${port}/postgres?${parameters}`, poolSize: 1 })
    try {
      const [row] = await database.query(secured)
      return row
    } finally {
      await database.close()
    }
  }
  const refuses = (host: string, parameters: string, why: RegExp, user?: string): Promise<void> =>
    assert.rejects(connect(host, parameters, user), (error) => {
      const detail = error instanceof Error && 'detail' in error ? String(error.detail) : String(error)
      assert.match(detail, why)
      return true
    })

  test('is as strict as sslmode says', async () => {
    const [mine, theirs] = [ours, other].map(
      ({ certificatePath }) => `sslrootcert=${encodeURIComponent(certificatePath)}`,
    )
    assert.equal((await connect('localhost', `sslmode=verify-full&${mine}`))?.ssl, true)
    assert.equal((await connect('localhost', `${mine}`))?.version, 'TLSv1.3')
    await refuses('127.0.0.1', `sslmode=verify-full&${mine}`, /does not match certificate/)
    assert.equal((await connect('127.0.0.1', `sslmode=verify-ca&${mine}`))?.ssl, true)
    assert.equal((await connect('127.0.0.1', `sslmode=require`))?.ssl, true)
    assert.equal((await connect('127.0.0.1', `sslmode=require&${mine}`))?.ssl, true)
    for (const mode of ['verify-full', 'verify-ca', 'require'])
      await refuses('localhost', `sslmode=${mode}&${theirs}`, /unable to verify|self-signed|issuer/)
    await refuses('localhost', 'sslmode=verify-full', /unable to verify|self-signed|issuer/)
    await refuses('localhost', 'sslmode=disable', /no encryption|pg_hba/)
  })

  test('is as strict in a Node that is told to believe every certificate', async (t) => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    t.after(() => delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'])
    const theirs = `sslrootcert=${encodeURIComponent(other.certificatePath)}`
    for (const mode of ['verify-full', 'verify-ca', 'require'])
      await refuses('localhost', `sslmode=${mode}&${theirs}`, /unable to verify|self-signed|issuer/)
  })

  test('shows a certificate of ours where the server wants one, and keeps its key to itself', async () => {
    const { certificatePath, keyPath } = await ours.issue('guarded', [])
    const base = `sslmode=verify-full&sslrootcert=${encodeURIComponent(ours.certificatePath)}`
    const own = `${base}&sslcert=${encodeURIComponent(certificatePath)}&sslkey=${encodeURIComponent(keyPath)}`
    chmodSync(keyPath, 0o600)
    assert.equal((await connect('localhost', own, 'guarded'))?.owner, '/CN=guarded')
    await refuses('localhost', base, /certificate/, 'guarded')
    chmodSync(keyPath, 0o644)
    await assert.rejects(connect('localhost', own, 'guarded'), (error) => {
      return error instanceof OperatorError && /chmod 600/.test(error.message)
    })
    await assert.rejects(connect('localhost', 'sslrootcert=/nowhere'), OperatorError)
  })

  test('takes no server whose certificate has expired, and reads renewed files for the next connection', async (t) => {
    const root = join(folder, 'root.pem')
    copyFileSync(other.certificatePath, root)
    const url = `postgresql://postgres@localhost:${port}/postgres?sslrootcert=${encodeURIComponent(root)}`
    const database = openPostgres({ url, poolSize: 1 })
    t.after(() => database.close())
    await assert.rejects(database.query(secured))
    copyFileSync(ours.certificatePath, root)
    assert.equal((await database.query(secured))[0]?.ssl, true)
    await useCertificate(expired(current))
    await refuses('localhost', `sslmode=verify-full&sslrootcert=${encodeURIComponent(root)}`, /expired/)
    assert.equal((await connect('localhost', 'sslmode=require'))?.ssl, true)
  })

  test('is demanded of a server that has none', async () => {
    await administer(server.urlPrefix, 'alter system set ssl = off')
    await administer(server.urlPrefix, 'select pg_reload_conf()')
    await until('it has none', WITHIN_MS, () =>
      shown().then(
        () => false,
        () => true,
      ),
    )
    for (const mode of ['require', 'verify-full']) await refuses('localhost', `sslmode=${mode}`, /does not support SSL/)
  })

  /** The same, but until yesterday. */
  function expired({ keyPath }: Certificate): Certificate {
    const [request, certificatePath] = [join(folder, 'old.csr'), join(folder, 'old.pem')]
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
    execFileSync('openssl', ['req', '-new', '-key', keyPath, ...names, '-out', request], { stdio: 'ignore' })
    const by = ['-CA', ours.certificatePath, '-CAkey', join(folder, 'ours.key'), '-copy_extensions', 'copy']
    const args = ['x509', '-req', '-in', request, ...by, '-days', '-1', '-out', certificatePath]
    execFileSync('openssl', args, { stdio: 'ignore' })
    return { certificatePath, keyPath }
  }
})
