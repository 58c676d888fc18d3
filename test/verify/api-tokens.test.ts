import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { TokenScope } from '../../src/lib/principal.ts'
import { mintToken } from '../../src/lib/tokens.ts'
import { statement } from '../../src/store/statement.ts'
import { changeRoles, disableUser, enableUser, getUser } from '../../src/users/users.ts'
import { suiteCleanup, usePolicy } from '../support/app.ts'
import { openListener, verdictOf } from './ask.ts'
import type { Asked, Listener } from './ask.ts'
import { basic, bearer, MACHINE_POLICY, makeToken } from './machine.ts'

const EXPIRE = statement<[id: string]>('expire', `update auth.api_tokens set expires_at = now() where id = $1`)
const STORED = statement<[], { text: string }>('stored', `select t::text as text from auth.api_tokens t`)

suite('an API token at verify', { timeout: 60_000 }, () => {
  const cleanup = suiteCleanup()
  let listener: Listener
  before(async () => {
    listener = await openListener(cleanup)
    await usePolicy(listener.context, MACHINE_POLICY)
  })

  const verdict = async (token: string, asked: Asked = {}): Promise<string> =>
    verdictOf(await listener.ask({ ...asked, more: [bearer(token)] }))
  const reason = (): unknown => listener.logs().findLast(({ reason: found }) => found !== undefined)?.['reason']

  test('lets its owner in as Bearer and as the password of Basic, and tells the app of him', async () => {
    const { token } = await makeToken(listener, 'alice')
    assert.equal(await verdict(token), 'allow(alice)')
    const told = await listener.ask({ more: [bearer(token)] })
    assert.equal(told.header('remote-groups'), 'user')
    assert.equal(told.header('remote-email'), 'alice@example.com')
    for (const login of ['alice', 'ALICE', ''])
      assert.equal(verdictOf(await listener.ask({ more: [basic(login, token)] })), 'allow(alice)', login)
    for (const login of ['bob', 'alice@example.com', 'x'])
      assert.equal(verdictOf(await listener.ask({ more: [basic(login, token)] })), 'sign_in', login)
  })

  test('COOK-13, COOK-14: nothing else passes for one, and it passes for nothing else', async () => {
    const { token } = await makeToken(listener, 'alice')
    const ring = listener.context.keys.token
    const flipped = token.slice(0, -2) + (token.endsWith('AA') ? 'BB' : 'AA')
    const others = [flipped, `${token}x`, token.slice(0, -1), token.toUpperCase(), mintToken(ring, 'api')]
    for (const other of others) assert.equal(await verdict(other), 'sign_in', other)
    const disguised = `pst_${listener.alice.slice(3)}`
    for (const other of [listener.alice, disguised]) assert.equal(await verdict(other), 'sign_in', other)
    assert.equal(verdictOf(await listener.ask({ token })), 'sign_in')
    assert.equal(verdictOf(await listener.ask({ token: `ps1${token.slice(4)}` })), 'sign_in')
    assert.equal(verdictOf(await listener.ask({ uri: `/?session=${token}` })), 'sign_in')
  })

  test('COOK-11: a session is taken from its cookie alone', async () => {
    for (const scheme of ['Bearer', 'Basic', 'Session'])
      assert.equal(verdictOf(await listener.ask({ more: [`Authorization: ${scheme} ${listener.alice}`] })), 'sign_in')
    assert.equal(verdictOf(await listener.ask({ more: [basic('alice', listener.alice)] })), 'sign_in')
  })

  test('a forged one costs no read of the database', async () => {
    const { tier } = await (async () => {
      const found = listener.context.apiTokens.find(`pst_01${'A'.repeat(54)}`)
      return { tier: found instanceof Promise ? (await found).tier : 'none' }
    })()
    assert.equal(tier, 'none')
  })

  test('a header that comes twice refuses, though not where nobody is asked for', async () => {
    const { token } = await makeToken(listener, 'alice')
    for (const other of [bearer(token), 'Authorization: Digest x', 'authorization: ']) {
      assert.equal(verdictOf(await listener.ask({ more: [bearer(token), other] })), 'no')
      assert.equal(reason(), 'doubled_authorization')
      assert.equal(verdictOf(await listener.ask({ uri: '/public/x', more: [bearer(token), other] })), 'anon')
      assert.equal(verdictOf(await listener.ask({ uri: '/known/x', more: [bearer(token), other] })), 'anon')
    }
  })

  test('beside a session cookie, whosever, refuses; other credentials of the app don’t matter', async () => {
    const { token } = await makeToken(listener, 'alice')
    for (const cookie of [listener.alice, listener.bob, 'stale']) {
      for (const line of [bearer(token), bearer('pst_x'), basic('alice', token)]) {
        assert.equal(verdictOf(await listener.ask({ token: cookie, more: [line] })), 'no')
        assert.equal(reason(), 'two_credentials')
      }
    }
    const app = ['Authorization: Bearer abc', basic('admin', 'secret'), 'Authorization: Digest username="x"']
    for (const line of app) {
      assert.equal(verdictOf(await listener.ask({ token: listener.alice, more: [line] })), 'allow(alice)')
      assert.equal(verdictOf(await listener.ask({ more: [line] })), 'sign_in')
    }
  })

  test('identifies its owner on a page for everybody, or is of no matter there', async () => {
    const { token } = await makeToken(listener, 'alice', { apps: ['git'] })
    const whole = await makeToken(listener, 'alice')
    assert.equal(await verdict(whole.token, { uri: '/known/x' }), 'allow(alice)')
    assert.equal(await verdict(token, { uri: '/known/x' }), 'anon')
    assert.equal(await verdict(token, { uri: '/public/x' }), 'anon')
    assert.equal(await verdict('pst_x', { uri: '/known/x' }), 'anon')
  })

  test('never does more than its owner: roles of now, no second factor, no fresh proof', async () => {
    const { token } = await makeToken(listener, 'bob')
    assert.equal(await verdict(token, { uri: '/admin/' }), 'allow(bob)')
    assert.equal(await verdict((await makeToken(listener, 'alice')).token, { uri: '/admin/' }), 'no')
    assert.equal(reason(), 'missing_role')
    for (const uri of ['/two/', '/fresh/']) {
      assert.equal(await verdict(token, { uri }), 'no')
      assert.equal(reason(), 'needs_sign_in')
    }
    const { feed } = listener.context
    await feed.commit(listener.database, (tx) => changeRoles(tx, 'bob', { add: [], remove: ['admin'] }))
    assert.equal(await verdict(token, { uri: '/admin/' }), 'no')
    await feed.commit(listener.database, (tx) => changeRoles(tx, 'bob', { add: ['admin'], remove: [] }))
    assert.equal(await verdict(token, { uri: '/admin/' }), 'allow(bob)')
  })

  const scopes: readonly (readonly [string, Partial<TokenScope>, readonly Asked[], readonly Asked[]])[] = [
    [
      'apps',
      { apps: ['git'] },
      [{ host: 'git.example.com', url: '/verify/nginx/app/git' }],
      [{}, { host: 'old.example.com', url: '/verify/nginx/app/old' }],
    ],
    [
      'hosts',
      { hosts: ['one.git.example.com'] },
      [{ host: 'one.git.example.com', url: '/verify/nginx/app/git' }],
      [{}, { host: 'git.example.com', url: '/verify/nginx' }, { host: 'two.git.example.com', url: '/verify/nginx' }],
    ],
    [
      'paths',
      { paths: ['/api/**', '/feed'] },
      [{ uri: '/api/x?y=1' }, { uri: '/api' }, { uri: '/feed' }],
      [
        { uri: '/' },
        { uri: '/apix' },
        { uri: '/api/../x' },
        { uri: '/api/%2e%2e/x' },
        { uri: '/api%2f..%2fx' },
        { uri: '/api/..%5cx' },
        { uri: '/api/;/../x' },
        { uri: '/x/../api/y' },
        { uri: '//x/api/y' },
        { uri: '/feed/x' },
      ],
    ],
    [
      'methods',
      { methods: ['GET'] },
      [{}, { method: 'HEAD' }],
      [{ method: 'POST' }, { method: 'DELETE' }, { method: 'PROPFIND', uri: '/dav/x' }],
    ],
    [
      'networks',
      { networks: ['203.0.113.0/24', '2001:db8::/32'] },
      [{}, { address: '2001:db8::1' }],
      [{ address: '198.51.100.1' }, { address: '::ffff:198.51.100.1' }],
    ],
  ]
  for (const [what, scope, inside, outside] of scopes) {
    test(`is for its ${what} alone`, async () => {
      const { token } = await makeToken(listener, 'alice', scope)
      for (const asked of inside) assert.equal(await verdict(token, asked), 'allow(alice)', JSON.stringify(asked))
      for (const asked of outside) {
        assert.equal(await verdict(token, asked), 'no', JSON.stringify(asked))
        assert.equal(reason(), 'outside_token_scope')
      }
    })
  }

  test('without methods passes wherever the rules name one', async () => {
    const { token } = await makeToken(listener, 'alice', { paths: ['/**'] })
    assert.equal(await verdict(token, { method: 'PROPFIND', uri: '/dav/x' }), 'allow(alice)')
    assert.equal(await verdict(token, { method: 'PROPFIND' }), 'no')
    const reading = await makeToken(listener, 'alice', { methods: ['GET', 'POST'] })
    const more = [bearer(reading.token), 'X-HTTP-Method-Override: DELETE']
    assert.equal(verdictOf(await listener.ask({ method: 'POST', more })), 'no')
  })

  test('its scope follows the policy when that changes', async () => {
    const { token } = await makeToken(listener, 'alice', { paths: ['/api/**'] })
    assert.equal(await verdict(token, { uri: '/api/x' }), 'allow(alice)')
    await usePolicy(
      listener.context,
      MACHINE_POLICY.replace('- { path: /dav', '- { path: /api/**, deny: true }\n      - { path: /dav'),
    )
    assert.equal(await verdict(token, { uri: '/api/x' }), 'no')
    await usePolicy(listener.context, MACHINE_POLICY)
    assert.equal(await verdict(token, { uri: '/api/x' }), 'allow(alice)')
  })

  test('ADM-10: ends at once when it is revoked, and once only', async () => {
    const { apiTokens, feed } = listener.context
    const { id, token } = await makeToken(listener, 'alice')
    const other = await makeToken(listener, 'alice')
    assert.equal(await verdict(token), 'allow(alice)')
    const { id: bob } = await getUser(listener.database, 'bob')
    assert.equal(await feed.commit(listener.database, (tx) => apiTokens.revoke(tx, id, bob)), null)
    assert.equal(await verdict(token), 'allow(alice)')
    const revocations = Array.from({ length: 8 }, () =>
      feed.commit(listener.database, (tx) => apiTokens.revoke(tx, id, null)),
    )
    assert.equal((await Promise.all(revocations)).filter((revoked) => revoked !== null).length, 1)
    assert.equal(await verdict(token), 'sign_in')
    assert.equal(await verdict(other.token), 'allow(alice)')
  })

  test('ends with its time, in memory too, and while its owner is disabled', async () => {
    const { database, context } = listener
    const { id, token } = await makeToken(listener, 'alice')
    assert.equal(await verdict(token), 'allow(alice)')
    await context.feed.commit(database, (tx) => disableUser(tx, 'alice'))
    assert.equal(await verdict(token), 'sign_in')
    await context.feed.commit(database, (tx) => enableUser(tx, 'alice'))
    assert.equal(await verdict(token), 'sign_in', 'what was absent is known for 5 s')
    const another = await makeToken(listener, 'alice')
    await database.query(EXPIRE, another.id)
    assert.equal(await verdict(another.token), 'sign_in')
    assert.notEqual(id, another.id)
  })

  test('ADM-10: nothing of it stands in the database or the log but how it begins', async () => {
    const { token } = await makeToken(listener, 'alice')
    await listener.ask({ more: [bearer(token)] })
    await listener.ask({ uri: '/two/', more: [bearer(token)] })
    const rows = await listener.database.query(STORED)
    const everything = rows.map(({ text }) => text).join('\n') + JSON.stringify(listener.logs())
    assert.ok(everything.includes(token.slice(0, 10)))
    assert.equal(everything.includes(token.slice(0, 16)), false)
  })

  test('its last use is written', async () => {
    const { token, id } = await makeToken(listener, 'alice')
    await verdict(token)
    await listener.context.apiTokens.flush()
    const rows = await listener.context.apiTokens.list('alice', 100)
    assert.ok(rows.find((row) => row.id === id)?.last_used_at instanceof Date)
  })

  test('one person has 50 at the most, however many are made at once', async () => {
    await listener.addUser('carol', { password: null })
    const wanted = {
      name: 'x',
      scope: { apps: null, hosts: null, paths: null, methods: null, networks: null, api: null },
      lifeMs: 1e6,
    }
    const { id: userId } = await getUser(listener.database, 'carol')
    const make = (): Promise<{ kind: string }> =>
      listener.database.transaction((tx) => listener.context.apiTokens.create(tx, { userId, ...wanted }))
    const made = await Promise.all(Array.from({ length: 60 }, make))
    assert.equal(made.filter(({ kind }) => kind === 'created').length, 50)
    assert.equal(made.filter(({ kind }) => kind === 'too_many').length, 10)
  })

  test('programs are asked for Basic where an app allows it, and browsers never', async () => {
    const challenge = async (asked: Asked): Promise<string | undefined> =>
      (await listener.ask(asked)).header('www-authenticate')
    const git = { host: 'git.example.com', url: '/verify/nginx/app/git' }
    assert.equal(await challenge(git), 'Basic realm="git", charset="UTF-8"')
    assert.equal(await challenge({}), undefined)
    for (const line of ['Sec-Fetch-Mode: cors', 'X-Requested-With: XMLHttpRequest', 'Accept: text/html'])
      assert.equal(await challenge({ ...git, more: [line] }), undefined)
    assert.equal(await challenge({ ...git, more: [bearer('pst_x')] }), 'Basic realm="git", charset="UTF-8"')
  })
})
