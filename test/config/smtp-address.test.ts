import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mailFrom, smtpAddress } from '../../src/config/smtp-address.ts'
import { Mistake } from '../../src/config/values.ts'
import { testConfig } from '../support/app.ts'

const NOBODY = { user: null, password: null }

test('a mail server is reached with TLS, and without only where nothing leaves the machine', () => {
  const cases = {
    'smtps://mail.example.com': { host: 'mail.example.com', port: 465, security: 'tls', ...NOBODY },
    'smtp://mail.example.com': { host: 'mail.example.com', port: 587, security: 'starttls', ...NOBODY },
    'smtp://mail.example.com:25/': { host: 'mail.example.com', port: 25, security: 'starttls', ...NOBODY },
    'smtp://localhost': { host: 'localhost', port: 25, security: 'none', ...NOBODY },
    'smtp://127.0.0.1:2525': { host: '127.0.0.1', port: 2525, security: 'none', ...NOBODY },
    'smtp://[::1]:2525': { host: '::1', port: 2525, security: 'none', ...NOBODY },
    'smtps://localhost': { host: 'localhost', port: 465, security: 'tls', ...NOBODY },
    'smtp://localhost.evil.test': { host: 'localhost.evil.test', port: 587, security: 'starttls', ...NOBODY },
  }
  for (const [url, expected] of Object.entries(cases)) assert.deepEqual(smtpAddress(url), expected, url)
  const known = smtpAddress('smtps://auth%40example.com:p%3Ass@mail.example.com')
  const server = { host: 'mail.example.com', port: 465, security: 'tls' }
  assert.deepEqual(known, { ...server, user: 'auth@example.com', password: 'p:ss' })
})

test('a mail server that can be read in two ways is a mistake', () => {
  const urls = ['mail.example.com', 'http://mail.example.com', 'smtp://', 'smtp://user@host', 'smtp://:p@host']
  const others = ['smtp://a:b@c@host', 'smtp://host:0', 'smtp://host:65536', 'smtp://host?tls=no', 'smtp://a:%zz@host']
  for (const url of [...urls, ...others]) assert.ok(smtpAddress(url) instanceof Mistake, url)
})

test('mails are from an address, with a name or without', () => {
  assert.deepEqual(mailFrom('auth@example.com'), { name: '', address: 'auth@example.com' })
  const named = { name: 'Example sign-in', address: 'auth@example.com' }
  assert.deepEqual(mailFrom('Example sign-in <auth@example.com>'), named)
  for (const value of ['auth', 'a <b>', 'a@b.test\nBcc: c@d.test', 'A "B" <a@b.test>', 'A\tB <a@b.test>', '<a@b.test>'])
    assert.ok(mailFrom(value) instanceof Mistake, value)
})

test('a mail server needs to know who mails are from, and the other way round', () => {
  const url = { POSTERN_SMTP_URL: 'smtp://localhost' }
  const from = { POSTERN_MAIL_FROM: 'auth@example.com' }
  assert.throws(() => testConfig(url), /POSTERN_MAIL_FROM must be set/)
  assert.throws(() => testConfig(from), /POSTERN_MAIL_FROM .* POSTERN_SMTP_URL/)
  assert.deepEqual(testConfig({ ...url, ...from }).config.mailFrom, { name: '', address: 'auth@example.com' })
})
