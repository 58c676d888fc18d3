import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, suite, test } from 'node:test'
import fc from 'fast-check'
import { createNewPasswords } from '../../src/credentials/new-passwords.ts'
import type { NewPasswords } from '../../src/credentials/new-passwords.ts'
import { openPasswords } from '../../src/credentials/password.ts'
import type { Passwords } from '../../src/credentials/password.ts'
import { ruleFault } from '../../src/credentials/password-rules.ts'
import { createStrengthMeter } from '../../src/credentials/strength.ts'
import { key, ringOf } from '../lib/rings.ts'
import { until } from '../support/until.ts'

const RULES = { minLength: 12, classes: 0, history: 3 }
const ALICE = { login: 'alice', email: 'a.liddell@example.com' }
const APPS = ['wiki', 'grafana', 'db']

suite('a new password', async () => {
  const meter = createStrengthMeter()
  after(() => meter.close())
  const passwords: Passwords = await openPasswords(ringOf(key(1)))
  const newPasswords: NewPasswords = createNewPasswords({ rules: RULES, passwords, meter, appNames: () => APPS })
  const faultOf = (password: string): Promise<string | null> => newPasswords.fault(password, ALICE, [])

  test('PW-01, PW-02: is taken by its length in code points, whatever it is made of', async () => {
    const taken = [
      'a'.repeat(15),
      'abcabcabcabcabc',
      'Zw3lf Zeichen',
      '🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧',
      'only blanks  in the middle',
      'three quiet herons by the lake',
      'x9$Lq!vTzR2@',
      'ü'.repeat(64),
      'three quiet herons by the lake '.repeat(30).trim(),
    ]
    for (const password of taken) assert.equal(await faultOf(password), null, password.slice(0, 40))
    for (const password of ['', 'a'.repeat(11), '🦊'.repeat(11)])
      assert.equal(await faultOf(password), 'Use at least 12 characters.')
    assert.equal(await faultOf('a'.repeat(1_025)), 'Use at most 1024 characters.')
  })

  test('PW-02: is refused when it is a common one, alone, with little around it, or over and over', async () => {
    const common = [
      'unbelievable',
      'UNBELIEVABLE',
      'password1234',
      '!!Password!!',
      'passwordpassword',
      'qwertyuiop123',
      '1q2w3e4r5t6y',
    ]
    for (const password of common) assert.match((await faultOf(password)) ?? '', /guessed first/, password)
  })

  test('does not hold the login, the name of the e-mail address or that of an app', async () => {
    const refused = [
      ['xx Alice in chains', /login/],
      ['the A.LIDDELL of old', /e-mail/],
      ['our Grafana is nice', /grafana/],
      ['ａｌｉｃｅ of full width', /login/],
    ] as const
    for (const [password, sentence] of refused) assert.match((await faultOf(password)) ?? '', sentence)
    assert.equal(await faultOf('feedback of the herons'), null, 'db is too short to count')
  })

  test('is none of the last ones, whichever scheme or pepper they have', async () => {
    const before = await Promise.all(
      ['the first one of all', 'then the second one', 'now the third one'].map((password) => passwords.hash(password)),
    )
    const imported = {
      hash: '$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
      pepperKeyId: null,
    }
    for (const password of ['the first one of all', 'now the third one'])
      assert.match((await newPasswords.fault(password, ALICE, before)) ?? '', /last 3 passwords/)
    assert.equal(await newPasswords.fault('the first one of all', ALICE, [...before.slice(1), imported]), null)
    assert.equal(await newPasswords.fault('now the third one', ALICE, [imported, imported, imported, ...before]), null)
  })

  test('is never the current one, however few are remembered', async () => {
    const without = createNewPasswords({ rules: { ...RULES, history: 0 }, passwords, meter, appNames: () => APPS })
    assert.equal(without.rules.history, 1, 'which is how many callers look up')
    const current = await passwords.hash('the one of these days')
    assert.match((await without.fault('the one of these days', ALICE, [current])) ?? '', /not your current password/)
    assert.equal(await without.fault('another one of them', ALICE, [current]), null)
  })

  test('is measured, with the words of its owner', async () => {
    const scores = await Promise.all(
      ['aaaaaaaaaaaaaaa', 'three quiet herons by the lake'].map((password) => newPasswords.strength(password, ALICE)),
    )
    assert.deepEqual(
      scores.map(({ score }) => score),
      [0, 4],
    )
    assert.equal(typeof scores[0]?.warning, 'string')
    const own = await newPasswords.strength('lewiscarroll', { login: 'x', email: 'lewiscarroll@example.com' })
    assert.ok(own.score <= 1)
  })

  test('of 1,024 characters is measured about as fast as one of 64', async () => {
    const started = performance.now()
    await newPasswords.strength('x9#'.repeat(341), ALICE)
    assert.ok(performance.now() - started < 2_000)
  })
})

test('classes count only where they are asked for', () => {
  const three = { ...RULES, classes: 3 }
  assert.match(ruleFault('three quiet herons', three, ALICE, []) ?? '', /at least 3 of these/)
  assert.equal(ruleFault('Three quiet herons', three, ALICE, []), null)
  assert.equal(ruleFault('three quiet herons 3', three, ALICE, []), null)
  assert.equal(ruleFault('three quiet herons', RULES, ALICE, []), null)
})

test('the rules say the same of both normal forms of a text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.nat(4), (text, classes) => {
      const rules = { ...RULES, classes }
      assert.equal(
        ruleFault(text.normalize('NFC'), rules, ALICE, APPS),
        ruleFault(text.normalize('NFD'), rules, ALICE, APPS),
      )
    }),
  )
})

test('the process that measures ends when nobody asks, and starts again', async (t) => {
  const meter = createStrengthMeter(100)
  t.after(async () => meter.close())
  await until('the end of others', 5_000, () => children() === 0)
  await meter.measure('one password', [])
  assert.equal(children(), 1)
  await until('its end', 5_000, () => children() === 0)
  assert.equal((await meter.measure('one password', [])).isCommon, false)
})

test('of many that are measured at once each gets its own answer, and too many are told to come back', async (t) => {
  const meter = createStrengthMeter()
  t.after(async () => meter.close())
  const asked = Array.from({ length: 33 }, (_, index) =>
    meter.measure(index % 2 === 0 ? 'password1234' : 'x9$Lq!vTzR2@', []),
  )
  await assert.rejects(meter.measure('x', []), { code: 'too_many_attempts' })
  const answers = await Promise.all(asked)
  assert.ok(answers.every(({ isCommon }, index) => isCommon === (index % 2 === 0)))
})

test('a meter beside a field takes no place of those who choose a password', async (t) => {
  const meter = createStrengthMeter()
  t.after(async () => meter.close())
  const passwords = await openPasswords(ringOf(key(1)))
  const chosen = createNewPasswords({ rules: RULES, passwords, meter, appNames: () => APPS })
  const outcomes = Promise.allSettled(Array.from({ length: 60 }, () => chosen.strength('x9$Lq!vTzR2@', ALICE)))
  assert.equal(await chosen.fault('three quiet herons by the lake', ALICE, []), null)
  const measured = (await outcomes).filter(({ status }) => status === 'fulfilled')
  assert.equal(measured.length, 2)
})

function children(): number {
  const ids = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
  return ids.split(' ').filter((id) => id.trim() !== '').length
}
