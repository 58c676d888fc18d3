import assert from 'node:assert/strict'
import { cpSync, existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import { openKeys } from '../../src/credentials/keys.ts'
import { migrateStore, openStore } from '../../src/store/open-store.ts'
import type { Store, StoreOptions } from '../../src/store/open-store.ts'
import { statement } from '../../src/store/statement.ts'
import { temporaryDirectory } from '../support/directories.ts'
import type { Cleanup } from '../support/directories.ts'

const ADD_FUTURE_MIGRATION = statement<[]>(
  'add_future_migration',
  `insert into postern.migrations (id, name, sha256, duration_ms) values (999, '999_future.sql', 'x', 1)`,
)
const applied: string[] = []
const started = await temporaryDirectory({ after })
const ran = await migrateStore(optionsOf(started), (name) => void applied.push(name))
await makeKeys()

test('the first start of the embedded store tells which migrations ran, a later one that none did', async (t) => {
  assert.deepEqual(applied.slice(0, 1), ['001_users_and_sessions.sql'])
  assert.equal(ran, applied.length)
  assert.equal(await migrateStore(optionsOf(await copyOf(t)), () => assert.fail()), 0)
})

test('the first start makes a secret of 32 random bytes, for its owner alone, and later ones use it', async (t) => {
  const file = join(started, 'secret-key')
  const secret = readFileSync(file, 'utf8').trim()
  assert.equal(Buffer.from(secret, 'base64').byteLength, 32)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const store = await openCopy(t, await copyOf(t))
  assert.deepEqual(store.secretKeys, [secret])
  await assert.doesNotReject(openKeys(store.database, store.secretKeys))
})

test('a lost secret stops the start, and is never replaced while there is a database', async (t) => {
  const directory = await copyOf(t)
  const file = join(directory, 'secret-key')
  const secret = readFileSync(file)
  rmSync(file)
  const refused = { name: 'OperatorError', message: new RegExp(`^${file} is missing\\. Put it back`) }
  await assert.rejects(openCopy(t, directory), refused)
  await assert.rejects(
    migrateStore(optionsOf(directory), () => assert.fail()),
    refused,
  )
  assert.equal(existsSync(file), false)
  writeFileSync(file, secret)
  const store = await openCopy(t, directory)
  await assert.doesNotReject(openKeys(store.database, store.secretKeys))
})

test('a first start that breaks off while the database is made leaves a secret, and can be repeated', async (t) => {
  const directory = await temporaryDirectory(t)
  // No folder can take the place of a link, so the start gets as far as giving the new database its name.
  symlinkSync('nowhere', join(directory, 'db'))
  await assert.rejects(openCopy(t, directory), { name: 'OperatorError', message: /did not start/ })
  const secret = readFileSync(join(directory, 'secret-key'), 'utf8').trim()
  rmSync(join(directory, 'db'))
  const store = await openCopy(t, directory)
  assert.deepEqual(store.secretKeys, [secret])
})

test('who may not make a database is told that there is none, and leaves nothing behind', async (t) => {
  const directory = join(await temporaryDirectory(t), 'data')
  const refused = { name: 'OperatorError', message: new RegExp(`^There is no database in ${directory}\\.`) }
  await assert.rejects(openCopy(t, directory, { mayCreate: false }), refused)
  assert.equal(existsSync(directory), false)
  await openCopy(t, await copyOf(t), { mayCreate: false })
})

test('a secret file that a full disk left empty stops the start, and frees the directory', async (t) => {
  const directory = await copyOf(t)
  const file = join(directory, 'secret-key')
  const secret = readFileSync(file)
  for (const text of ['', '\n', 'short']) {
    writeFileSync(file, text)
    await assert.rejects(openStore(optionsOf(directory)), { name: 'OperatorError', message: /secret-key/ })
  }
  writeFileSync(file, secret)
  await openCopy(t, directory)
})

test('a start that fails closes the database before it gives the directory free', async (t) => {
  const directory = await copyOf(t)
  const store = await openStore(optionsOf(directory))
  await store.database.query(ADD_FUTURE_MIGRATION)
  await store.close()
  const open = openDatabases()
  await assert.rejects(openStore(optionsOf(directory)), { name: 'OperatorError' })
  assert.equal(openDatabases(), open)
})

test('a directory that is open is refused to whoever comes second', async (t) => {
  const directory = await copyOf(t)
  await openCopy(t, directory)
  await assert.rejects(openStore(optionsOf(directory)), { name: 'OperatorError', message: /in use/ })
})

async function makeKeys(): Promise<void> {
  const store = await openStore(optionsOf(started))
  await openKeys(store.database, store.secretKeys)
  await store.close()
}

async function copyOf(t: Cleanup): Promise<string> {
  const directory = await temporaryDirectory(t)
  cpSync(started, directory, { recursive: true })
  return directory
}

async function openCopy(t: Cleanup, directory: string, options: Partial<StoreOptions> = {}): Promise<Store> {
  const store = await openStore({ ...optionsOf(directory), ...options })
  t.after(() => store.close())
  return store
}

function optionsOf(directory: string): StoreOptions {
  const loaded = loadConfig({ POSTERN_DATA_DIR: directory }, () => '')
  if (!('config' in loaded)) throw new Error('the settings are wrong')
  return { ...loaded, mayCreate: true, onConnectionError: () => undefined, onLost: () => undefined }
}

/** Each embedded database runs in a thread of its own. */
function openDatabases(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'MessagePort' || name === 'Worker').length
}
