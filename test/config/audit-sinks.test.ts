import assert from 'node:assert/strict'
import test from 'node:test'
import { syslogAddress, webhookUrl } from '../../src/config/audit-sinks.ts'
import { Mistake } from '../../src/config/values.ts'

test('a syslog server is a protocol, a host and a port', () => {
  assert.deepEqual(syslogAddress('udp://10.0.0.1:514'), { protocol: 'udp', host: '10.0.0.1', port: 514 })
  assert.deepEqual(syslogAddress('TLS://siem.example.com:6514/'), {
    protocol: 'tls',
    host: 'siem.example.com',
    port: 6514,
  })
  assert.deepEqual(syslogAddress('tcp://[::1]:601'), { protocol: 'tcp', host: '::1', port: 601 })
  for (const wrong of [
    '',
    'siem:514',
    'udp://siem',
    'udp://siem:0',
    'udp://siem:65536',
    'http://siem:80',
    'tcp://a:b@siem:601',
    'tcp://siem:601/x',
    'tcp://::1:601',
  ])
    assert.ok(syslogAddress(wrong) instanceof Mistake, wrong)
})

test('a webhook is a web address with what the receiver wants in path and query', () => {
  assert.deepEqual(webhookUrl('https://siem.example.com/in?key=x'), new URL('https://siem.example.com/in?key=x'))
  for (const wrong of ['', 'siem', 'ftp://siem/', 'https://user@siem/', 'https://siem/#x'])
    assert.ok(webhookUrl(wrong) instanceof Mistake, wrong)
})
