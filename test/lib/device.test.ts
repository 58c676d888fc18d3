import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeDevice, deviceOf } from '../../src/lib/device.ts'

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)'
const CASES: readonly (readonly [userAgent: string, device: string])[] = [
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36`, 'Chrome on Windows'],
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36 Edg/140.0`, 'Edge on Windows'],
  [`Mozilla/5.0 (Linux; Android 15; K) ${WEBKIT} Chrome/140.0.0.0 Mobile Safari/537.36`, 'Chrome on Android'],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
    'Safari on iPhone',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
    'Safari on macOS',
  ],
  ['curl/8.9.1', 'Unknown device'],
  ['', 'Unknown device'],
  ['Something (Windows)', 'Unknown browser on Windows'],
]

for (const [userAgent, device] of CASES) {
  test(`a person would call ${JSON.stringify(userAgent)} ${device}`, () => {
    assert.equal(describeDevice(userAgent), device)
  })
}

test('a device stays the one it is through updates, and is another by browser, system or kind', () => {
  const chrome = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0'
  const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.1 Safari/605.1.15'
  for (const [before, after] of [
    [chrome, chrome.replace('142.0.0.0', '143.0.7444.59')],
    [mac, mac.replace('10_15_7', '10_16').replace('18.1', '19')],
    ['curl/8.5.0', 'curl/8.14.1'],
  ] as const)
    assert.equal(deviceOf(before), deviceOf(after))
  const others = [chrome, mac, chrome.replace('Windows', 'Linux'), chrome.replace('Chrome', 'Edg'), 'curl/8.5.0', '']
  assert.equal(new Set(others.map(deviceOf)).size, others.length)
  assert.equal(deviceOf('x'.repeat(512)), deviceOf('x'.repeat(60_000)))
})
