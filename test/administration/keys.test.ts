import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { replaceKeysNow, rotateKeys } from '../../src/administration/keys.ts'
import { recordKey } from '../../src/audit/record-key.ts'
import { endUnneededKeys, promoteDueKeys } from '../../src/credentials/key-rotation.ts'
import { endEverybody } from '../../src/sessions/end-everybody.ts'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { openPlaceOf } from '../admin/people-of.ts'
import type { Place } from '../admin/people-of.ts'
import { followEvents } from '../audit/written.ts'
import { createBrowser, hidden } from '../login/browser.ts'
import { PASSWORD, suiteCleanup } from '../support/app.ts'

const POLICY = `
version: 1
roles:
  watcher: ['postern.system:read']
  keeper: ['postern.system:read', 'postern.system:write']
apps:
  - { name: wiki, hosts: [wiki.example.com], rules: [{ require: {} }] }
`
const ROLES = { root: 'postern-admin', wanda: 'watcher', kim: 'keeper' } as const
const KEYS = '/.postern/admin/keys'
const DUE = statement<[]>('due', `update auth.keys set mints_after = now() where mints_after is not null`)
const LONG_AGO = statement<[]>(
  'long_ago',
  `update auth.keys set retired_at = now() - interval '2 days' where retired_at is not null and mints_after is null`,
)
/** What a key that was retired then has made is older still. */
const MADE_BEFORE = statement<[]>(
  'made_before',
  `update auth.session_tokens set created_at = now() - interval '3 days'`,
)
const END = statement<[]>(
  'end',
  `update auth.sessions set ended_at = now(), end_reason = 'revoked' where ended_at is null`,
)
const FORGET_DEVICES = statement<[]>('forget_devices', 'delete from auth.devices')
const OPEN = statement<[], { id: string }>('open', `select id from auth.sessions where ended_at is null`)
const DEVICE_KEYS = statement<[login: string], { key_id: number }>(
  'device_keys',
  `select d.key_id from auth.devices d join auth.users u on u.id = d.user_id where u.login = $1`,
)

suite('keys that are renewed', () => {
  const t = suiteCleanup()
  let place: Place<keyof typeof ROLES>
  before(async () => {
    place = await openPlaceOf(t, ROLES, { policy: POLICY })
  })

  const takeOver = async (database: Database): Promise<void> => {
    await database.query(DUE)
    await promoteDueKeys(database, recordKey)
    await place.app.context.liveKeys.refresh()
  }

  test('by a button for whoever may, once for two clicks, and the record has who did it', async () => {
    const events = followEvents(place.app.database)
    const [kim, wanda] = [await place.signedIn('kim'), await place.signedIn('wanda')]
    assert.doesNotMatch((await wanda.get(KEYS)).text, /<form method="post" action="[^"]*admin\/keys"/)
    const page = await kim.get(KEYS)
    assert.equal([...page.text.matchAll(/<form method="post" action="[^"]*admin\/keys"/g)].length, 5)
    const body = { csrf: hidden(page, 'csrf'), purpose: 'audit' }
    assert.equal((await wanda.post(KEYS, { body })).status, 403)
    assert.equal((await kim.post(KEYS, { body: { ...body, purpose: 'all' } })).status, 404)
    await events()
    for (let click = 0; click < 2; click++)
      assert.equal((await kim.post(KEYS, { body })).headers['location'], `${KEYS}?done=key_rotated`)
    const after = await kim.get(`${KEYS}?done=key_rotated`)
    assert.match(after.text, /checks, and makes soon[\s\S]*role="status"|role="status"[\s\S]*checks, and makes soon/)
    const written = (await events()).filter(({ event_type: type }) => type.startsWith('key_'))
    assert.deepEqual(
      written.map(({ event_type: type, actor_login: who, resource }) => [type, who, resource]),
      [['key_rotated', 'kim', 'key:audit']],
    )
    await takeOver(place.app.database)
    const [retired] = (await events()).filter(({ event_type: type }) => type === 'key_retired')
    assert.deepEqual([retired?.actor_login, retired?.details['purpose']], [null, 'audit'])
  })

  test('leave whoever is signed in, a form that is open and a known device as they are', async () => {
    const { database, context } = place.app
    const root = await place.signedIn('root')
    const visitor = createBrowser(place.app.portal)
    const csrf = hidden(await visitor.get('/.postern/login'), 'csrf')
    const [device] = await database.query(DEVICE_KEYS, 'root')
    assert.equal(device?.key_id, context.keys.token.minting.id)
    const purpose = { csrf: hidden(await root.get(KEYS), 'csrf'), purpose: 'token' }
    assert.equal((await root.post(KEYS, { body: purpose })).status, 303)
    await takeOver(database)
    assert.notEqual(device?.key_id, context.keys.token.minting.id)
    assert.equal((await root.get(KEYS)).status, 200)
    assert.equal((await root.post(KEYS, { body: { ...purpose, purpose: 'sealing' } })).status, 303)
    const signIn = await visitor.post('/.postern/login', { body: { username: 'kim', password: PASSWORD, csrf } })
    assert.equal(signIn.status, 303)
    assert.equal((await root.signIn({ username: 'root' })).status, 303)
    assert.deepEqual(await database.query(DEVICE_KEYS, 'root'), [{ key_id: context.keys.token.minting.id }])
  })

  test('end at once with all that they made: nobody is known from memory, rows say so, and people sign in anew', async () => {
    const { database, context } = place.app
    const wanda = await place.signedIn('wanda')
    assert.equal((await wanda.get(KEYS)).status, 200)
    const open = await database.query(OPEN)
    const { id, ended } = await replaceKeysNow(context, null, 'token')
    assert.equal((await wanda.get(KEYS)).status, 302)
    assert.deepEqual([...context.keys.token.byId.keys()], [id])
    assert.deepEqual([ended, await database.query(OPEN)], [open.length, []])
    const anew = await place.signedIn('wanda')
    assert.equal((await anew.get(KEYS)).status, 200)
    assert.equal(await endEverybody(database, id), 0)
  })

  test('stay while a sign-in needs them', async () => {
    const { database, context } = place.app
    const old = context.keys.token.minting.id
    const wanda = await place.signedIn('wanda')
    await rotateKeys(context, null, ['token'])
    await takeOver(database)
    await database.query(LONG_AGO)
    for (const change of [MADE_BEFORE, FORGET_DEVICES]) await database.query(change)
    assert.equal((await endUnneededKeys(database, recordKey)).includes(old), false)
    assert.equal((await wanda.get(KEYS)).status, 200)
    await database.query(END)
    await endUnneededKeys(database, recordKey)
    await context.liveKeys.refresh()
    assert.deepEqual([...context.keys.token.byId.keys()], [context.keys.token.minting.id])
  })
})
