import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { canonical, profileFaults } from '../../src/users/profile.ts'
import type { Profile } from '../../src/users/profile.ts'

const cases: readonly [field: keyof Profile, good: readonly string[], bad: readonly string[]][] = [
  [
    'login',
    ['a', '0', 'alice', 'alice.b-c_d', 'a'.repeat(64)],
    [
      '',
      ' ',
      'Alice',
      '.alice',
      '-alice',
      'a b',
      'a@b',
      'a,b',
      'a\n',
      'a\0',
      'älice',
      'а',
      'a'.repeat(65),
      'a/b',
      '{login}',
    ],
  ],
  [
    'email',
    ['a@b', 'alice@example.com', "o'neil+x@example.co.uk", `${'a'.repeat(64)}@example.com`, 'a@xn--bcher-kva.example'],
    ['', '@', 'alice', 'alice@', '@example.com', 'Alice@example.com', 'a@b@c', 'a b@example.com', 'a@-b', 'a@b-'],
  ],
  [
    'email',
    [`a@${'b'.repeat(252)}`],
    [
      'a@b.',
      'a@b..c',
      'a@b_c',
      'a,b@c',
      'a@b\n',
      'a@b\r\nbcc:x',
      '"a b"@c',
      'ä@b',
      `${'a'.repeat(65)}@b`,
      `a@${'b'.repeat(253)}`,
    ],
  ],
  [
    'name',
    ['A', 'Alice A.', 'Ælfric Ö. 李', "O'Neil, Jr.", '🦊', 'n'.repeat(200)],
    [
      '',
      ' ',
      ' Alice',
      'Alice ',
      'Alice\nB',
      'Alice\0',
      'A\u001b[31m',
      'A\u0085B',
      'A\u2028B',
      'A\u2029B',
      'A\ud800',
      'A\u202eB',
      'A\u2066B',
      'n'.repeat(201),
    ],
  ],
]
for (const [field, good, bad] of cases) {
  test(`a profile takes as ${field} what is one, such as ${good[0]?.slice(0, 8)}, and says what is wrong with others`, () => {
    for (const text of good) assert.deepEqual(profileFaults({ [field]: text }), {}, text)
    for (const text of bad)
      assert.deepEqual(Object.keys(profileFaults({ [field]: text })), [field], JSON.stringify(text))
  })
}

test('every field at fault is told at once, and none that was not given', () => {
  assert.deepEqual(Object.keys(profileFaults({ login: '', email: '', name: '' })), ['login', 'email', 'name'])
  assert.deepEqual(profileFaults({}), {})
})

test('a login that is taken holds nothing that a header, a log line or an e-mail address would need to escape', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 70 }), (text) => {
      const login = canonical(text)
      if (profileFaults({ login }).login === undefined) assert.match(login, /^[a-z0-9._-]{1,64}$/)
    }),
  )
})

test('a long text that is nearly an e-mail address is refused at once', () => {
  const text = `a@${'a-'.repeat(50_000)}`
  const started = process.cpuUsage().user
  assert.ok(profileFaults({ email: text }).email)
  assert.ok(profileFaults({ email: `a@${'a-'.repeat(120)}!` }).email)
  assert.ok(process.cpuUsage().user - started < 1_000_000)
})

test('logins and addresses are compared without outer blanks and letter case', () => {
  assert.equal(canonical(' Alice@Example.COM\t'), 'alice@example.com')
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => canonical(canonical(text)) === canonical(text)))
})
