import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import bcrypt from 'bcrypt'
import fc from 'fast-check'
import { openPasswords } from '../../src/credentials/password.ts'
import { PEPPER_MIXES, writePeppered } from '../../src/credentials/password-peppered.ts'
import { foreignPasswords } from '../../src/credentials/password-schemes.ts'
import { key, ringOf } from '../lib/rings.ts'

const BCRYPT_ABC = '$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'
const LONG = 'a'.repeat(90)

/** From the schemes' own documents and reference programs. */
const KNOWN: readonly (readonly [name: string, password: string, hash: string])[] = [
  ['bcrypt 2a', 'U*U', `$2a${BCRYPT_ABC}`],
  ['bcrypt 2b', 'U*U', `$2b${BCRYPT_ABC}`],
  ['bcrypt 2y', 'U*U', `$2y${BCRYPT_ABC}`],
  ['argon2id', 'password', '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'],
  ['argon2i', 'password', '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA'],
  [
    'argon2i of two lanes',
    'password',
    '$argon2i$v=19$m=256,t=2,p=2$c29tZXNhbHQ$T/XOJ2mh1/TIpJHfCdQan76Q5esCFVoT5MAeIM1Oq2E',
  ],
  [
    'sha512-crypt',
    'Hello world!',
    '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
  ],
  [
    'sha512-crypt with rounds',
    'Hello world!',
    '$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.',
  ],
  [
    'sha512-crypt of a long password',
    LONG,
    '$6$rounds=1400$x$3.DVWZTMr4r/SVGs1FZRy1mtGeClp3i.c4GOpyBxRECUlWz5yOUw./DyE7QgAfHkplV/RwIwTrqP7qVPsiaYx/',
  ],
  [
    'PBKDF2 of passlib',
    'password',
    '$pbkdf2-sha256$6400$.6UI/S.nXIk8jcbdHx3Fhg$98jZicV16ODfEsEZeYPGHU3kbrUrvUEXOPimVSQDD44',
  ],
  ['scrypt', 'password', '$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E'],
]
const foreign = foreignPasswords(null)

for (const [name, password, hash] of KNOWN) {
  test(`${name} is taken, fits its own password and no other`, async () => {
    assert.equal(foreign.fault(hash), null)
    assert.equal(await foreign.verify(hash, password), true)
    for (const other of ['', `${password} `, password.slice(1), password.toLowerCase().replace(/[a-z]/, 'X')])
      assert.equal(await foreign.verify(hash, other), false, other)
  })
}

test('a hash that nobody could verify, or that costs too much, is refused with a sentence that does not tell it', () => {
  const refused = [
    'secret',
    '$1$salt$qJH7.N4xYta3aEG/dfqo/0',
    '$apr1$salt$Kk.Hs3SyRSlQ9Q8JnYVWL1',
    '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=',
    'rqXexS6ZhobKA',
    `$2x${BCRYPT_ABC}`,
    `$2b$03${BCRYPT_ABC.slice(3)}`,
    `$2b$31${BCRYPT_ABC.slice(3)}`,
    `$2b${BCRYPT_ABC}x`,
    '$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2id$v=19$m=65536,t=2$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2id$v=19$m=65536,t=2,p=1$$',
    '$6$rounds=999999999$salt$' + 'a'.repeat(86),
    '$6$salt$short',
    '$pbkdf2-md5$1000$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8',
    '$pbkdf2-sha512$99999999999$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8',
    '$scrypt$ln=30,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E',
    '$peppered$rot13$$2b$12$',
    writePeppered(`$2b${BCRYPT_ABC}`, 'suffix', null),
    `$argon2id$${'x'.repeat(3_000)}`,
  ]
  for (const hash of refused) {
    const fault = foreign.fault(hash)
    assert.ok(fault !== null && !fault.includes(hash), hash)
  }
})

test('any text as a hash is taken or refused, and what is taken can be verified', async () => {
  const begins = ['$2b$', '$argon2id$v=19$', '$6$', '$pbkdf2-sha512$', '$scrypt$ln=4,', '$peppered$suffix$YQ$2b$', '']
  const texts = fc.tuple(fc.constantFrom(...begins), fc.string({ maxLength: 120 }))
  await fc.assert(
    fc.asyncProperty(texts, async ([start, rest]) => {
      const hash = start + rest
      if (foreign.fault(hash) === null) assert.equal(await foreign.verify(hash, 'x'), false)
    }),
  )
})

test('PW-07: with bcrypt a password over 72 bytes or with a NUL never fits, so nothing of it is cut off', async () => {
  const hash = await bcrypt.hash('x'.repeat(72), 4)
  assert.equal(await foreign.verify(hash, 'x'.repeat(72)), true)
  assert.equal(await foreign.verify(hash, 'x'.repeat(73)), false)
  assert.equal(await foreign.verify(hash, 'ü'.repeat(37)), false)
  const prefixed = writePeppered(await bcrypt.hash(`pepper${'x'.repeat(66)}`, 4), 'prefix', 'pepper')
  assert.equal(await foreign.verify(prefixed, 'x'.repeat(66)), true)
  assert.equal(await foreign.verify(prefixed, 'x'.repeat(67)), false)
  const withNul = await bcrypt.hash(Buffer.from('abc\0def'), 4)
  assert.equal(await foreign.verify(withNul, 'abc\0def'), false)
})

test('bcrypt with a pepper fits in each way to mix it, by the pepper of the person or of the setting', async () => {
  const [password, pepper] = ['päss word of hers', 'pepper of theirs']
  const mixed: Readonly<Record<(typeof PEPPER_MIXES)[number], string>> = {
    suffix: password + pepper,
    prefix: pepper + password,
    'hmac-sha256-hex': createHmac('sha256', pepper).update(password).digest('hex'),
    'hmac-sha256-base64': createHmac('sha256', pepper).update(password).digest('base64'),
    'hmac-sha512-hex': createHmac('sha512', pepper).update(password).digest('hex'),
    'hmac-sha512-base64': createHmac('sha512', pepper).update(password).digest('base64'),
  }
  const withSetting = foreignPasswords(pepper)
  for (const mix of PEPPER_MIXES) {
    const hash = await bcrypt.hash(mixed[mix], 4)
    const [own, shared] = [writePeppered(hash, mix, pepper), writePeppered(hash, mix, null)]
    assert.deepEqual([foreign.fault(own), withSetting.fault(shared)], [null, null])
    assert.equal(await foreign.verify(own, password), true, mix)
    assert.equal(await withSetting.verify(shared, password), true, mix)
    assert.equal(await foreign.verify(own, `${password}x`), false, mix)
    assert.equal(await foreign.verify(shared, password), false, mix)
    assert.equal(await foreignPasswords('another').verify(shared, password), false, mix)
    assert.ok(!own.includes(pepper))
  }
})

test('LOGIN-14: an imported hash fits as the password was typed there, composed or not', async () => {
  const text = 'Grüße'
  for (const form of ['NFC', 'NFD'] as const) {
    const hash = await bcrypt.hash(text.normalize(form), 4)
    assert.equal(await foreign.verify(hash, text.normalize(form)), true, form)
  }
  assert.equal(await foreign.verify(await bcrypt.hash(text.normalize('NFC'), 4), text.normalize('NFD')), true)
})

test('PW-05: what was imported, has an older pepper or other parameters comes with an upgrade, and nothing else does', async () => {
  const old = key(1)
  const passwords = await openPasswords(ringOf(key(2), old))
  const older = await (await openPasswords(ringOf(old))).hash('password')
  const outdated = [
    ...KNOWN.filter(([, password]) => password === 'password').map(([, , hash]) => ({ hash, pepperKeyId: null })),
    older,
  ]
  for (const stored of outdated) {
    const fit = await passwords.verify(stored, 'password')
    const upgraded = await fit?.upgrade?.()
    assert.ok(upgraded !== undefined)
    assert.match(upgraded.hash, /^\$argon2id\$v=19\$m=19456,(t=2,p=1|p=1,t=2)\$/)
    assert.deepEqual(await passwords.verify(upgraded, 'password'), { upgrade: null })
    assert.equal(await passwords.verify(stored, 'wrong'), null)
  }
  assert.equal(await passwords.verify(null, 'password'), null)
})
