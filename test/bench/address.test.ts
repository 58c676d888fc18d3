import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectOptions } from '../../bench/address.ts'

test('an address is read as nginx writes it', () => {
  assert.deepEqual(connectOptions('unix:/run/a:b.sock'), { path: '/run/a:b.sock' })
  assert.deepEqual(connectOptions('127.0.0.1:9081'), { host: '127.0.0.1', port: 9081, noDelay: true })
  assert.deepEqual(connectOptions('[::1]:9081'), { host: '::1', port: 9081, noDelay: true })
})
