import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { violations } from './json-schema.ts'
import type { Schema } from './json-schema.ts'
import { problemsOf, readSchema } from './schemas.ts'

const FILES = readdirSync(join(import.meta.dirname, 'schemas')).map((name) => name.replace(/\.json$/, ''))
const DEPLOYMENT = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'x' },
  spec: { selector: { matchLabels: { a: 'b' } }, template: { spec: { containers: [{ name: 'c', image: 'i' }] } } },
}

test('a value that fits has no violations, and each that does not has its place', () => {
  const schema: Schema = {
    type: 'object',
    required: ['a'],
    properties: { a: { type: 'integer' }, b: { enum: ['x', 'y'] }, c: { type: 'array', items: { pattern: '^/' } } },
    additionalProperties: false,
  }
  assert.deepEqual(violations(schema, { a: 1, b: 'x', c: ['/'] }), [])
  const wrong: readonly (readonly [unknown, string])[] = [
    [{}, '.a is missing'],
    [{ a: '1' }, '.a must be integer'],
    [{ a: 1.5 }, '.a must be integer'],
    [{ a: null }, '.a must be integer'],
    [{ a: 1, b: 'z' }, '.b must be one of x,y'],
    [{ a: 1, c: ['/', 'x'] }, '.c[1] must match ^/'],
    [{ a: 1, c: {} }, '.c must be array'],
    [{ a: 1, A: 1 }, '.A is not known'],
    [[], ' must be object'],
  ]
  for (const [value, sentence] of wrong) assert.deepEqual(violations(schema, value), [sentence])
})

test('a keyword that would be passed over is an error', () => {
  assert.throws(() => violations({ minimum: 1 } as Schema, 0), /uses minimum/)
})

test('every schema says where it comes from and knows no more than it names', () => {
  for (const name of FILES) {
    const schema = readSchema(name)
    assert.ok((schema.$comment ?? '').length > 40, name)
    assert.equal(schema.additionalProperties, false, name)
  }
})

test('misspelt and misplaced fields of a Deployment are noticed', () => {
  assert.deepEqual(problemsOf(DEPLOYMENT), [])
  const container = (part: object): object => ({
    ...DEPLOYMENT,
    spec: { ...DEPLOYMENT.spec, template: { spec: { containers: [{ name: 'c', ...part }] } } },
  })
  for (const part of [
    { imagePullpolicy: 'Always' },
    { ports: [{ containerPort: '9080' }] },
    { readinessProbe: { path: '/' } },
  ])
    assert.equal(problemsOf(container(part) as typeof DEPLOYMENT).length, 1, JSON.stringify(part))
  assert.throws(() => problemsOf({ ...DEPLOYMENT, kind: 'Deploymnet' }), /ENOENT/)
})
