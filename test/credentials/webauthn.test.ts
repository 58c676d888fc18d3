import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { before, suite, test } from 'node:test'
import type { Enrolled } from '../../src/credentials/enrol-passkey.ts'
import { mayUsePasskeys } from '../../src/credentials/own-factors.ts'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { suiteCleanup } from '../support/app.ts'
import { createAuthenticator } from '../support/authenticator.ts'
import type { Attest, Authenticator, AuthenticatorState, PasskeyJson } from '../support/authenticator.ts'
import { openTestDatabase } from '../support/database.ts'
import { androidKeyNaming } from '../support/planted-certificates.ts'
import { addOwner, openFactors, PUBLIC_URL } from './owner.ts'
import type { FactorSet } from './owner.ts'

const SITE = { origin: PUBLIC_URL.origin, rpId: PUBLIC_URL.hostname }
const BINDING = 'session of this browser'
const AGE = statement<[]>('age', `update auth.one_time_tokens set expires_at = now() - interval '1 second'`)
const SWAP_KEYS = statement<[]>(
  'swap_keys',
  `update auth.webauthn_credentials c set sealed_public_key = o.sealed_public_key
   from auth.webauthn_credentials o where o.id <> c.id`,
)
const COUNT_CHALLENGES = statement<[], { count: number }>(
  'count_challenges',
  `select count(*)::int as count from auth.one_time_tokens where expires_at - created_at > interval '121 seconds'`,
)

suite('passkeys', () => {
  const cleanup = suiteCleanup()
  let database: Database
  let set: FactorSet
  before(async () => {
    ;({ database } = await openTestDatabase(cleanup))
    set = openFactors()
  })

  const begin = async (userId: string, binding = BINDING): Promise<string> => {
    const owner = { userId, login: 'alice', name: 'Alice' }
    return (await set.ownFactors.beginPasskey(database, { owner, binding })).challenge
  }
  const add = (userId: string, response: unknown, binding = BINDING): Promise<Enrolled> =>
    database.transaction((tx) => set.ownFactors.addPasskey(tx, { userId, binding, name: 'key', response }))
  const ask = async (userId: string | null, binding = BINDING): Promise<string> =>
    (await set.factors.askPasskey(database, { userId, binding })).challenge
  const prove = (
    userId: string | null,
    response: unknown,
    { binding = BINDING, requireUserVerification = userId === null } = {},
  ): ReturnType<FactorSet['factors']['provePasskey']> =>
    database.transaction((tx) => set.factors.provePasskey(tx, { userId, binding, response, requireUserVerification }))
  const enrolled = async (login: string, state: Partial<AuthenticatorState> = {}): Promise<[string, Authenticator]> => {
    const userId = await addOwner(database, login)
    const key = createAuthenticator(SITE)
    assert.equal(await add(userId, key.create(await begin(userId), state)), 'added')
    return [userId, key]
  }

  test('WAN-01: an answer counts once', async () => {
    const [userId, key] = await enrolled('once')
    const response = key.get(await ask(userId), { signCount: 2 })
    assert.deepEqual(await prove(userId, response), { userId, userVerified: true })
    assert.equal(await prove(userId, response), null)
    assert.deepEqual(await set.factors.ownedBy(database, userId), ['webauthn'])
  })

  test('WAN-01, RACE-05: of 32 uses of one answer at once exactly one counts', async () => {
    const [userId, key] = await enrolled('race', { signCount: 0 })
    const response = key.get(await ask(userId), { signCount: 0 })
    const all = await Promise.all(Array.from({ length: 32 }, () => prove(userId, response)))
    assert.equal(all.filter((proof) => proof !== null).length, 1)
  })

  test('WAN-02: a challenge counts for its session, user and purpose alone, and for two minutes', async () => {
    const [userId, key] = await enrolled('bound')
    const other = await addOwner(database, 'bound-other')
    const counted = { signCount: 9 }
    assert.equal(await prove(userId, key.get(await ask(userId, 'another'), counted)), null)
    assert.equal(await prove(userId, key.get(await ask(other), counted)), null)
    assert.equal(await prove(userId, key.get(await ask(null), counted)), null)
    assert.equal(await prove(userId, key.get(await begin(userId), counted)), null)
    assert.equal(await prove(userId, key.get(randomBytes(32).toString('base64url'), counted)), null)
    const fresh = createAuthenticator(SITE)
    assert.equal(await add(userId, fresh.create(await ask(userId))), 'refused')
    assert.equal(await add(userId, fresh.create(await begin(other))), 'refused')
    assert.equal(await add(userId, fresh.create(await begin(userId, 'another'))), 'refused')
    const late = key.get(await ask(userId), counted)
    const [{ count } = { count: -1 }] = await database.query(COUNT_CHALLENGES)
    assert.equal(count, 0)
    await database.query(AGE)
    assert.equal(await prove(userId, late), null)
  })

  test('WAN-04: made for another site, or told from another origin, it is refused', async () => {
    const [userId, key] = await enrolled('site')
    const elsewhere: Partial<AuthenticatorState>[] = [
      { rpId: 'evil.test' },
      { rpId: 'example.com' },
      { origin: 'https://evil.test' },
      { origin: 'http://auth.example.com' },
      { origin: 'https://auth.example.com:8443' },
      { origin: 'https://app.auth.example.com' },
    ]
    for (const state of elsewhere) {
      assert.equal(await prove(userId, key.get(await ask(userId), { signCount: 9, ...state })), null)
      assert.equal(await add(userId, createAuthenticator(SITE).create(await begin(userId), state)), 'refused')
    }
  })

  test('WAN-05: somebody has to be there, and to be known to the key where that is asked', async () => {
    const [userId, key] = await enrolled('present')
    const get = async (state: Partial<AuthenticatorState>, count: number): Promise<PasskeyJson> =>
      key.get(await ask(userId), { signCount: count, ...state })
    assert.equal(await prove(userId, await get({ userPresent: false }, 2)), null)
    const strict = { requireUserVerification: true }
    assert.equal(await prove(userId, await get({ userVerified: false }, 3), strict), null)
    assert.deepEqual(await prove(userId, await get({ userVerified: false }, 4)), { userId, userVerified: false })
    const absent = createAuthenticator(SITE).create(await begin(userId), { userPresent: false })
    assert.equal(await add(userId, absent), 'refused')
  })

  test('WAN-07: a signature that is changed, empty, longer or by another key is refused, as is another algorithm', async () => {
    const [userId, key] = await enrolled('signature')
    const changes: ((signature: Buffer) => Buffer)[] = [
      (signature) => Buffer.from(signature.map((byte, at) => (at === 12 ? byte ^ 1 : byte))),
      () => Buffer.alloc(0),
      (signature) => Buffer.concat([signature, Buffer.of(0)]),
      (signature) => signature.subarray(0, -1),
      () => Buffer.from(String(createAuthenticator(SITE).get('AA').response['signature']), 'base64url'),
    ]
    for (const change of changes) {
      const answer = key.get(await ask(userId), { signCount: 9 })
      const signature = change(Buffer.from(String(answer.response['signature']), 'base64url')).toString('base64url')
      assert.equal(await prove(userId, { ...answer, response: { ...answer.response, signature } }), null)
    }
    const es384 = createAuthenticator(SITE, 'ES384')
    assert.equal(await add(userId, es384.create(await begin(userId))), 'refused')
  })

  test('WAN-08: a count that is not newer is refused and shown to the owner; keys that never count may', async () => {
    const [userId, key] = await enrolled('count', { signCount: 5 })
    assert.notEqual(await prove(userId, key.get(await ask(userId), { signCount: 6 })), null)
    const [before] = await set.ownFactors.list(database, userId)
    assert.equal(before?.copySuspectedAt, null)
    for (const signCount of [6, 5, 0])
      assert.equal(await prove(userId, key.get(await ask(userId), { signCount })), null)
    const [after] = await set.ownFactors.list(database, userId)
    assert.ok(after?.copySuspectedAt instanceof Date)
    assert.notEqual(await prove(userId, key.get(await ask(userId), { signCount: 7 })), null)
    const [other, uncounted] = await enrolled('uncounted', { signCount: 0 })
    for (let use = 0; use < 3; use++)
      assert.notEqual(await prove(other, uncounted.get(await ask(other), { signCount: 0 })), null)
  })

  test('WAN-08: a key that turns into one that can be copied is another', async () => {
    const [userId, key] = await enrolled('eligible')
    const synced = { signCount: 2, backupEligible: true, backedUp: true }
    assert.equal(await prove(userId, key.get(await ask(userId), synced)), null)
    assert.ok((await set.ownFactors.list(database, userId))[0]?.copySuspectedAt instanceof Date)
  })

  test('WAN-10: a key that somebody has is not added again, neither by the same person nor by others', async () => {
    const [userId, key] = await enrolled('known')
    const other = await addOwner(database, 'known-other')
    for (const owner of [userId, other]) assert.equal(await add(owner, key.create(await begin(owner))), 'known')
    assert.deepEqual(await set.factors.ownedBy(database, other), [])
    const asked = { owner: { userId, login: 'known', name: '' }, binding: BINDING }
    const { excludeCredentials } = await set.ownFactors.beginPasskey(database, asked)
    assert.deepEqual(
      excludeCredentials.map(({ id }) => id),
      [key.credentialId.toString('base64url')],
    )
  })

  test('WAN-11: of 16 registrations with one challenge at once exactly one is made', async () => {
    const userId = await addOwner(database, 'sixteen')
    const challenge = await begin(userId)
    const keys = Array.from({ length: 16 }, () => createAuthenticator(SITE).create(challenge))
    const all = await Promise.all(keys.map((response) => add(userId, response)))
    assert.equal(all.filter((outcome) => outcome === 'added').length, 1)
    assert.equal((await set.ownFactors.list(database, userId)).length, 1)
  })

  test('what a key tells of its make is neither judged nor followed: no address in it is connected to', async (t) => {
    const server = createServer()
    let connections = 0
    server.on('connection', (socket) => {
      connections++
      socket.destroy()
    })
    t.after(() => server.close())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const attest = androidKeyNaming(`http://127.0.0.1:${(server.address() as AddressInfo).port}/internal`)
    const attests: Attest[] = [attest, (about) => ({ ...attest(about), fmt: 'packed' })]
    const userId = await addOwner(database, 'planted')
    const outcomes: Enrolled[] = []
    for (const planted of attests)
      outcomes.push(await add(userId, createAuthenticator(SITE).create(await begin(userId), {}, planted)))
    assert.equal(connections, 0)
    assert.deepEqual(outcomes, ['added', 'added'])
  })

  test('an attestation object of other parts than three is refused', async () => {
    const userId = await addOwner(database, 'odd')
    const odd: Attest[] = [
      () => ({ fmt: 1, attStmt: new Map() }),
      () => ({ fmt: 'none', attStmt: [] }),
      () => ({ fmt: 'none', attStmt: 'none' }),
    ]
    for (const attest of odd)
      assert.equal(await add(userId, createAuthenticator(SITE).create(await begin(userId), {}, attest)), 'refused')
    const nested = Buffer.alloc(8_000, 0x81)
    const four = Buffer.concat([Buffer.of(0xa4, 0x61, 0x78, 0x00), bytesOf(await made(userId)).subarray(1)])
    const short = bytesOf(await made(userId)).subarray(0, -1)
    for (const bytes of [Buffer.alloc(0), Buffer.of(0x01), nested, four, short]) {
      const passkey = await made(userId)
      const response = { ...passkey.response, attestationObject: bytes.toString('base64url') }
      assert.equal(await add(userId, { ...passkey, response }), 'refused')
    }
    assert.equal(await add(userId, await made(userId)), 'added')
  })

  const made = async (userId: string): Promise<PasskeyJson> => createAuthenticator(SITE).create(await begin(userId))
  const bytesOf = ({ response }: PasskeyJson): Buffer => Buffer.from(String(response['attestationObject']), 'base64url')

  test('WAN-13: who is unknown, and so everybody, is asked for whatever passkeys the browser has', async () => {
    await enrolled('listed')
    const asked = await set.factors.askPasskey(database, { userId: null, binding: BINDING })
    assert.deepEqual([asked.allowCredentials, asked.userVerification, asked.rpId], [[], 'required', SITE.rpId])
    assert.equal(Buffer.from(asked.challenge, 'base64url').length, 32)
  })

  test('a passkey says whose it is where nobody is known yet, and has to be theirs', async () => {
    const [userId, key] = await enrolled('discovered')
    const other = await addOwner(database, 'discovered-other')
    const handle = (id: string): string => Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')
    const get = async (told?: string): Promise<PasskeyJson> => key.get(await ask(null), { signCount: 9 }, told)
    assert.equal(await prove(null, await get()), null)
    assert.equal(await prove(null, await get(handle(other))), null)
    assert.deepEqual(await prove(null, await get(handle(userId))), { userId, userVerified: true })
    const named = key.get(await ask(other), { signCount: 10 }, handle(userId))
    assert.equal(await prove(other, named), null)
  })

  test('MFA-14: public keys that were swapped between two users open nothing', async (t) => {
    const own = (await openTestDatabase(t)).database
    const owners = [await addOwner(own, 'alice'), await addOwner(own, 'bob')]
    const keys = owners.map(() => createAuthenticator(SITE))
    for (const [at, userId] of owners.entries()) {
      const owner = { userId, login: 'a', name: '' }
      const { challenge } = await set.ownFactors.beginPasskey(own, { owner, binding: BINDING })
      const given = { userId, binding: BINDING, name: 'key', response: keys[at]?.create(challenge) }
      assert.equal(await set.ownFactors.addPasskey(own, given), 'added')
    }
    await own.query(SWAP_KEYS)
    for (const userId of owners) {
      for (const key of keys) {
        const { challenge } = await set.factors.askPasskey(own, { userId, binding: BINDING })
        const answer = {
          userId,
          binding: BINDING,
          response: key.get(challenge, { signCount: 9 }),
          requireUserVerification: false,
        }
        assert.equal(await set.factors.provePasskey(own, answer), null)
      }
    }
  })

  test('what is no answer at all is refused, whatever it is', async () => {
    const [userId, key] = await enrolled('garbage')
    const right = key.get(await ask(userId), { signCount: 2 })
    const { response } = right
    const wrong: unknown[] = [
      null,
      1,
      'x',
      [],
      {},
      { ...right, type: 'password' },
      { ...right, rawId: 'AAAA' },
      { ...right, id: [right.id] },
      { ...right, response: null },
      { ...right, response: { ...response, clientDataJSON: 'e30' } },
      { ...right, response: { ...response, clientDataJSON: '!' } },
      { ...right, response: { ...response, authenticatorData: `${String(response['authenticatorData'])}=` } },
      { ...right, response: { ...response, signature: undefined } },
      { ...right, response: { ...response, signature: 'A'.repeat(20_000) } },
    ]
    for (const given of wrong) assert.equal(await prove(userId, given), null)
    assert.notEqual(await prove(userId, right), null)
  })

  test('of what a browser tells of a key only words that browsers know are kept', async () => {
    const [userId] = await enrolled('transports')
    const { allowCredentials } = await set.factors.askPasskey(database, { userId, binding: BINDING })
    assert.deepEqual(allowCredentials[0]?.transports, ['usb'])
  })
})

test('passkeys are offered where browsers have them', () => {
  const offered = ['https://auth.example.com', 'http://localhost:9080', 'https://a.localhost'].map(mayUsePasskeys)
  const not = ['http://auth.example.com', 'https://192.0.2.1', 'https://[::1]:8443', 'http://127.0.0.1'].map(
    mayUsePasskeys,
  )
  assert.deepEqual([...offered, ...not], [true, true, true, false, false, false, false])
})
