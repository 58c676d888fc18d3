import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { readAuthorization } from '../../src/lib/authorization.ts'
import { mintToken } from '../../src/lib/tokens.ts'
import { createRandom } from '../support/random.ts'
import { ringOf, key } from './rings.ts'

const keys = ringOf(key(1))
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

suite('an Authorization header', () => {
  test('is ours as a bearer that looks like a token, whatever follows', () => {
    const token = mintToken(keys, 'api')
    assert.match(token, /^pst_[0-9a-z]{2}[A-Za-z0-9_-]{54}$/)
    for (const scheme of ['Bearer ', 'bearer ', 'BEARER  ', 'Bearer\t'])
      assert.deepEqual(readAuthorization(scheme + token), { kind: 'token', token, login: null })
    for (const text of ['pst_', 'pst_x', `${token} `, `${token}, Bearer ${token}`])
      assert.deepEqual(readAuthorization(`Bearer ${text}`), { kind: 'token', token: text, login: null })
  })

  test('is the app’s own for other schemes, other bearers and what is no Basic', () => {
    const values = ['', 'Bearer', 'Bearer ', 'Bearer eyJhbGciOi', 'Bearer xpst_1', 'Bearerpst_1', 'Digest username="a"']
    const basics = [
      'Basic',
      'Basic ',
      'Basic YTpi ',
      'Basic  ',
      'Basic YTpi=',
      'Basic YTp',
      'Basic YTpi, x',
      'BasicYTpi',
    ]
    const odd = ['Basic YTpi\u00e4', 'Basic YQ==', 'Basic YTo_', basic('a\u0000:b'), basic('a:b\n'), 'Basic /zpi']
    for (const value of [...values, ...basics, ...odd]) assert.equal(readAuthorization(value), null, value)
    assert.equal(readAuthorization(`Basic ${'YTph'.repeat(3_000)}`), null)
  })

  test('is a pair by Basic, parted at the first colon, with one spelling each', () => {
    const pairs = [
      ['a', 'b'],
      ['', ''],
      ['alice', 'p:w:'],
      ['älice', 'pässwörd €'],
      ['alice', ' '],
    ] as const
    for (const [login, password] of pairs)
      assert.deepEqual(readAuthorization(basic(`${login}:${password}`)), { kind: 'password', login, password })
    const token = mintToken(keys, 'api')
    assert.deepEqual(readAuthorization(basic(`alice:${token}`)), { kind: 'token', token, login: 'alice' })
    assert.deepEqual(readAuthorization(basic(`:${token}`)), { kind: 'token', token, login: null })
    // As a name a token would stand in logs.
    assert.equal(readAuthorization(basic(`${token}:`))?.kind, 'password')
  })

  test('is read the same each time, and never throws, whatever stands there', () => {
    const random = createRandom(7)
    const alphabet = ['Basic ', 'Bearer ', 'pst_', ':', '=', ',', ' ', '\t', 'YTpi', 'cHN0X', '\u00ff', 'x', '+', '/']
    for (let round = 0; round < 5_000; round++) {
      const value = Array.from({ length: random(8) }, () => alphabet[random(alphabet.length)]).join('')
      const read = readAuthorization(value)
      assert.deepEqual(readAuthorization(value), read)
      if (read === null) continue
      // What is taken comes from the value: nothing is made up, cut or repaired.
      if (read.kind === 'token' && read.login === null && /^bearer/i.test(value)) assert.ok(value.endsWith(read.token))
      else {
        const password = read.kind === 'token' ? read.token : read.password
        const encoded = Buffer.from(`${read.login ?? ''}:${password}`).toString('base64')
        assert.ok(value.endsWith(encoded), value)
      }
    }
  })
})
