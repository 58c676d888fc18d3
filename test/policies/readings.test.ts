import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { pathText } from '../../src/lib/path-text.ts'
import type { PathBytes } from '../../src/lib/path-text.ts'
import { readTarget } from '../../src/lib/target.ts'
import type { CompiledPolicy } from '../../src/policies/compile.ts'
import { compilePolicy } from '../../src/policies/compile.ts'
import { PATH_FOLDS } from '../../src/policies/path-folds.ts'
import { MAX_READINGS, readingsOf } from '../../src/policies/readings.ts'
import { policyOfRules, request, sourceOfRules, verdict } from './fixture.ts'
import { oddPath } from './generated.ts'

const ADMIN = ['{ path: /admin/**, require: { role: admin } }', '{ path: /**, allow: anyone }']
const ROOT = ['{ path: /, require: { role: admin } }', '{ path: /**, allow: anyone }']

/** What each fold is for: who would get in without it, and by which path. */
const NEEDED: Readonly<Record<string, readonly [rules: readonly string[], path: string]>> = {
  'decode once more': [ADMIN, '/x%2f..%2fadmin/'],
  'backslash as slash': [ADMIN, '/admin%5cx'],
  'merge slashes': [ADMIN, '/.z/..//admin'],
  'cut an authority': [ADMIN, '//z/admin/'],
  'resolve dots': [ADMIN, '/x/../admin'],
  'cut parameters': [ADMIN, '/admin;z/'],
  'end of Windows names': [ADMIN, '/admin./x'],
  'blanks around names': [ADMIN, '/z/..%20/admin'],
  'cut a cookieless session': [ADMIN, '/(S(z))/admin/x'],
  'Unicode forms': [ADMIN, '/%EF%BD%81dmin'],
  'characters that nobody sees': [ADMIN, '/adm%C2%ADin'],
  'cut a decoded query or fragment': [ADMIN, '/admin%3fz'],
  'script with path info': [['{ path: /x.php, require: { role: admin } }', '{ path: /**, allow: anyone }'], '/x.php/y'],
  'front controller': [ADMIN, '/index.php/admin/'],
}

for (const removed of PATH_FOLDS) {
  test(`without it a path would be judged more mildly: ${removed.name}`, () => {
    const [rules, path] = NEEDED[removed.name] ?? assert.fail('which path is it for?')
    const without = PATH_FOLDS.filter((fold) => fold !== removed)
    assert.equal(verdictOf(policyOfRules(rules), path), 'sign_in')
    assert.equal(verdictOf(compilePolicy(sourceOfRules(rules), without), path), 'allow')
  })
}

const READ: readonly [why: string, path: string, bytes: PathBytes, readings: readonly string[] | null][] = [
  ['a plain path has one reading', '/a/b.c', 'utf8', ['/a/b.c']],
  ['so has one with blanks, accents and signs that mean nothing', "/a b/é!$&'*+,=:@|{}[]", 'utf8', null],
  ['an encoded slash has two', '/a%2Fb', 'utf8', ['/a%2Fb', '/a/b']],
  ['a percent sign has two', '/100%25', 'utf8', ['/100%25', '/100%']],
  ['a control character has none, however deep', '/a%252500', 'utf8', null],
  ['what is no UTF-8 has none, however deep', '/a%25ff', 'utf8', null],
  ['nor have two dot segments, of which one may hide the other', '/a/%2e%2e/../b', 'utf8', null],
  ['bytes are characters as well where the app says so', '/%C3%84', 'latin1', ['/Ä', '/Ã\u0084']],
  ['bytes are characters alone where they are no UTF-8', '/caf%E9', 'latin1', ['/café']],
  ['a control character has none there either', '/a%2500', 'latin1', null],
  ['a front controller has three', '/index.php/x', 'utf8', ['/index.php/x', '/index.php', '/x']],
]

for (const [why, path, bytes, readings] of READ) {
  test(`${why}: ${path}`, () => {
    if (path.includes(' ')) return assert.equal(readingsOf(target(encodeURI(path)), bytes)?.length, 1)
    assert.deepEqual(readingsOf(target(path), bytes), readings)
  })
}

test('the readings of a path are closed under every fold, and bounded', () => {
  fc.assert(
    fc.property(oddPath, (path) => {
      const read = readTarget(path)
      const readings = typeof read === 'string' || !read.utf8 ? null : readingsOf(read, 'utf8')
      if (readings === null) return
      assert.ok(readings.length <= MAX_READINGS && readings[0] === pathText(path))
      for (const reading of readings) for (const { fold } of PATH_FOLDS) assert.ok(readings.includes(fold(reading)))
    }),
    { numRuns: 5_000 },
  )
})

test('an app whose rules differ refuses a path with too many readings, one whose rules agree does not', () => {
  const path = '/a%2fb;x//c.%20/é%253Fx/y.php/z'.replace('é', '%C3%A9')
  assert.equal(readingsOf(target(path), 'utf8'), null)
  assert.equal(verdictOf(policyOfRules(ADMIN), path), 'refuse ambiguous_path')
  assert.equal(verdictOf(policyOfRules(['{ path: /a/**, allow: anyone }', '{ allow: anyone }']), path), 'allow')
})

test('PATH-38: a path that is no UTF-8 is for apps alone that say so', () => {
  const rules = ['{ path: /café/**, require: { role: admin } }', '{ path: /**, allow: anyone }']
  const latin = policyOfRules(rules, ['path_bytes: latin1'])
  assert.deepEqual(
    ['/caf%E9/x', '/caf%C3%A9', '/x%E9', '/%C3%84'].map((path) => verdictOf(policyOfRules(rules), path)),
    ['refuse bad_utf8', 'sign_in', 'refuse bad_utf8', 'allow'],
  )
  assert.deepEqual(
    ['/caf%E9/x', '/caf%C3%A9', '/x%E9', '/%C3%84'].map((path) => verdictOf(latin, path)),
    ['sign_in', 'sign_in', 'allow', 'allow'],
  )
})

test('a rule for / alone is for what some server takes for it', () => {
  for (const path of ['/', '//', '/./', '/x/..', '/;x', '/%2f', '//z', '/%3f']) {
    assert.equal(verdictOf(policyOfRules(ROOT), path), 'sign_in', path)
  }
  for (const path of ['/x', '/x/', '/.x']) assert.equal(verdictOf(policyOfRules(ROOT), path), 'allow', path)
})

function verdictOf(policy: CompiledPolicy, path: string): string {
  return verdict(policy, request('app.test', path), 'nobody')
}

function target(path: string) {
  const read = readTarget(path)
  return typeof read === 'string' ? assert.fail(read) : read
}
