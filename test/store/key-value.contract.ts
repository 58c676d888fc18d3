import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { KeyValueError } from '../../src/store/key-value.ts'
import type { KeyValue } from '../../src/store/key-value.ts'
import type { Cleanup } from '../support/directories.ts'
import { until } from '../support/until.ts'

const LIFE_MS = 60_000

/** What every driver of the port promises, over a store that answers; `open` gives another one over the same. */
export function keyValueContract(name: string, keyValue: KeyValue, open: (t: Cleanup) => Promise<KeyValue>): void {
  test(`${name}: a value of any bytes comes back as it went, under its own key alone`, async () => {
    const values = [Buffer.from([0, 1, 13, 10, 255]), Buffer.from('Grüße'), Buffer.alloc(16_384, 7)]
    const keys = values.map(() => randomUUID())
    await Promise.all(keys.map((key, index) => keyValue.set(key, values[index] ?? Buffer.alloc(0), LIFE_MS)))
    assert.deepEqual(await Promise.all(keys.map((key) => keyValue.get(key, 16_384))), values)
    assert.equal(await keyValue.get(randomUUID(), 16_384), null)
  })

  test(`${name}: a later value takes the place of an earlier one, and a deleted one is gone`, async () => {
    const key = randomUUID()
    await keyValue.set(key, Buffer.from('one'), LIFE_MS)
    await keyValue.set(key, Buffer.from('two'), LIFE_MS)
    assert.equal(String(await keyValue.get(key, 100)), 'two')
    await keyValue.delete(key)
    assert.equal(await keyValue.get(key, 100), null)
    await keyValue.delete(key)
  })

  test(`${name}: a value of more bytes than asked for is none`, async () => {
    const key = randomUUID()
    await keyValue.set(key, Buffer.alloc(101), LIFE_MS)
    assert.equal((await keyValue.get(key, 101))?.length, 101)
    assert.equal(await keyValue.get(key, 100), null)
  })

  test(`${name}: a value is gone after its life`, async () => {
    const key = randomUUID()
    await keyValue.set(key, Buffer.from('short'), 50)
    await until('the value is gone', 2_000, async () => (await keyValue.get(key, 100)) === null)
  })

  test(`${name}: a script runs as one step, however many ask at once`, async () => {
    const keys = [`{${randomUUID()}}:a`]
    const script = `local count = tonumber(redis.call('get', KEYS[1]) or '0') + tonumber(ARGV[1])
      redis.call('set', KEYS[1], count, 'px', ARGV[2])
      return {count, 'text'}`
    const answers = await Promise.all(Array.from({ length: 50 }, () => keyValue.run(script, keys, [2, LIFE_MS])))
    assert.deepEqual(answers.at(-1), [100, 'text'])
  })

  test(`${name}: there is no trouble while it answers`, async () => {
    await keyValue.ping()
    assert.equal(keyValue.trouble, null)
  })

  test(`${name}: what is closed refuses, and says so`, async (t) => {
    const other = await open(t)
    await other.close()
    await assert.rejects(other.get('any', 1), KeyValueError)
    await assert.rejects(other.ping(), KeyValueError)
    assert.notEqual(other.trouble, null)
  })
}
