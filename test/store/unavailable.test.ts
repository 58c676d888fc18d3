import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PosternError } from '../../src/errors.ts'
import { isStoreUnavailable, toStoreError } from '../../src/store/unavailable.ts'

const MESSAGES = [
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'Query read timeout',
  'timeout expired',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
]
const CODES = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  '08006',
  '53300',
  '57P01',
  '57P03',
]

test('every way to lose the server is store_unavailable, with the cause kept', () => {
  const errors = [
    ...MESSAGES.map((message) => new Error(message)),
    ...CODES.map((code) => Object.assign(new Error('lost'), { code })),
  ]
  for (const error of errors) {
    const told = toStoreError(error)
    assert.ok(told instanceof PosternError && isStoreUnavailable(told), error.message)
    assert.equal(told.cause, error)
    assert.match(told.detail, new RegExp(error.message))
  }
})

test('what the database says of a statement comes back as it is', () => {
  for (const code of ['23505', '22012', '42601', '57014', '40001', undefined]) {
    const error = Object.assign(new Error('no'), { code })
    assert.equal(toStoreError(error), error)
  }
})
