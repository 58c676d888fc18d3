import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import {
  bodyKind,
  bodySchema,
  optionalTextField,
  parseBody,
  readForm,
  readShape,
  textField,
} from '../../src/web/body.ts'

const BAD = { name: 'PosternError', code: 'bad_request' }
const signIn = bodySchema({ username: textField(8), password: textField(16), rd: optionalTextField(4) })

test('readForm gives back what URLSearchParams wrote', () => {
  const name = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'))
  fc.assert(
    fc.property(fc.dictionary(name, name), (fields) => {
      const body = new URLSearchParams(fields).toString()
      assert.deepEqual({ ...readForm(Buffer.from(body)) }, { ...fields })
    }),
  )
})

test('readForm reads fields without a value, empty pairs and raw UTF-8', () => {
  assert.deepEqual(readForm(Buffer.from('&a&b=&c=1=2+3&&d=ü')), { a: '', b: '', c: '1=2 3', d: 'ü' })
  assert.deepEqual(readForm(Buffer.from('')), {})
})

const refusedForms: readonly [string, string | Buffer][] = [
  ['a doubled field', 'username=alice&username=bob'],
  ['a doubled field behind an escape', 'username=alice&%75sername=bob'],
  ['a broken escape', 'a=%4'],
  ['an escape that is none', 'a=%zz'],
  ['escapes that are no UTF-8', 'a=%ff'],
  ['an escaped surrogate', 'a=%ed%a0%80'],
  ['bytes that are no UTF-8', Buffer.from([0x61, 0x3d, 0xff])],
  ['NUL', 'a=b%00c'],
  ['NUL in a name', '%00=b'],
]
for (const [what, body] of refusedForms) {
  test(`readForm refuses ${what}`, () => assert.throws(() => readForm(Buffer.from(body)), BAD))
}

test('parseBody gives the fields when they are what the schema asks for', () => {
  const fields = { username: 'alice', password: '' }
  assert.deepEqual(parseBody(signIn, fields), { kind: 'valid', value: fields })
  assert.deepEqual(parseBody(signIn, readForm(Buffer.from('username=alice&password=x&rd=y'))).kind, 'valid')
})

const invalid: readonly [string, Record<string, unknown>, string | null][] = [
  ['a missing field', { username: 'alice' }, 'password'],
  ['a list', { username: ['alice'], password: 'x' }, 'username'],
  ['an object', { username: { $ne: '' }, password: 'x' }, 'username'],
  ['a number', { username: 'alice', password: 1 }, 'password'],
  ['null', { username: null, password: 'x' }, 'username'],
  ['a text that is too long', { username: 'a'.repeat(9), password: 'x' }, 'username'],
  ['a further field', { username: 'alice', password: 'x', admin: 'yes' }, null],
  ['a field of the language', JSON.parse('{"username":"alice","password":"x","__proto__":{}}'), null],
  ['null in an optional field', { username: 'alice', password: 'x', rd: null }, 'rd'],
]
for (const [what, fields, field] of invalid) {
  test(`parseBody refuses ${what}`, () => assert.deepEqual(parseBody(signIn, fields), { kind: 'invalid', field }))
}

test('parseBody refuses form fields that a query-string reader would nest', () => {
  for (const body of ['username[]=alice&password=x', 'username[a]=b&password=x', '__proto__=x&username=a&password=b']) {
    assert.equal(parseBody(signIn, readForm(Buffer.from(body))).kind, 'invalid')
  }
})

test('bodyKind takes two content types, with UTF-8 as the only charset', () => {
  assert.equal(bodyKind('application/json'), 'json')
  assert.equal(bodyKind('Application/JSON; charset=UTF-8'), 'json')
  assert.equal(bodyKind('application/x-www-form-urlencoded;charset=utf-8'), 'form')
})

test('bodyKind gives null for anything else', () => {
  const others = [undefined, '', 'text/plain', 'multipart/form-data; boundary=x', ' application/json']
  const parameters = ['\t', ' garbage', '; charset=utf-7', '; charset=utf-8; x=y', 'x', ';', ', text/plain']
  others.push(...parameters.map((parameter) => `application/json${parameter}`))
  for (const other of others) assert.equal(bodyKind(other), null, other)
})

test('DOS-04: of a hundred thousand faults fifty are told', () => {
  const fields = Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`field${at}`, 1]))
  const read = readShape({}, fields)
  assert.equal(read.kind === 'invalid' && read.faults.length, 50)
})
