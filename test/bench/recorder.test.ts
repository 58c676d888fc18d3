import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { questionFor } from '../../bench/direct.ts'
import { openRecorder } from '../../bench/recorder.ts'
import { temporaryDirectory } from '../support/directories.ts'

const HEAD = 'HEAD /verify HTTP/1.1\r\nX-Original-Host: recorded.example.com\r\n\r\n'

test('what was asked is taken down byte for byte, and that nothing was asked is an error', async (t) => {
  await using opened = new AsyncDisposableStack()
  const recorder = await openRecorder(await temporaryDirectory(t), opened)
  const ask = async (): Promise<void> => {
    const socket = connect(recorder.address.slice('unix:'.length))
    socket.write(HEAD.slice(0, 10))
    socket.write(HEAD.slice(10))
    await once(socket.resume(), 'close')
  }
  assert.equal(await recorder.record(ask), HEAD)
  await assert.rejects(
    recorder.record(async () => undefined),
    /nothing/,
  )
})

test('each gateway is asked about its own host', () => {
  assert.match(questionFor('postern_tcp', HEAD), /^X-Original-Host: tcp\.example\.com\r$/m)
  const other = 'X-Original-URL: https://recorded-other.example.com/\r\nX-Forwarded-Host: recorded-other.example.com'
  const own = 'X-Original-URL: https://against.example.com/\r\nX-Forwarded-Host: against.example.com'
  assert.equal(questionFor('against', other), own)
})
