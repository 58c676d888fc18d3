import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isMailKind, letterOf } from '../../src/mail/letters.ts'
import { notify } from '../../src/mail/outbox.ts'
import { queueForAddress } from '../../src/mail/outbox.ts'
import { sendWaiting } from '../../src/mail/sender.ts'
import { openSmtp } from '../../src/mail/smtp.ts'
import { writeHtml, writeText } from '../../src/mail/write-mail.ts'
import { statement } from '../../src/store/statement.ts'
import { createUser } from '../../src/users/users.ts'
import { PLAIN_LOOK } from '../../src/web/look.ts'
import { EN } from '../../src/words/en/en.ts'
import { createLanguages } from '../../src/words/languages.ts'
import { openTestDatabase } from '../support/database.ts'
import { startSmtpServer } from '../support/smtp.ts'

const SET_LANGUAGE = statement<[login: string, tag: string]>(
  'test_set_language',
  `update auth.users set language = $2 where login = $1`,
)
const NAME = 'Müller & Söhne <IT>'
const KINDS = Object.keys(EN).flatMap((name) => /^mail\.(\w+)\.subject$/.exec(name)?.[1] ?? [])

suite('mails in German', () => {
  test('are what a reader gets who chose it, umlauts and all, and English for whoever chose nothing', async (t) => {
    const { database } = await openTestDatabase(t)
    const server = await startSmtpServer(t)
    const address = { host: '127.0.0.1', port: server.port, security: 'none', user: null, password: null } as const
    const transport = await openSmtp(address, { name: NAME, address: 'auth@example.com' })
    t.after(() => transport.close())
    for (const login of ['alice', 'bob']) {
      const user = { login, email: `${login}@example.com`, name: login, roles: [], password: null }
      await notify(database, await createUser(database, user), 'password_changed', { address: '192.0.2.7' })
    }
    await queueForAddress(database, { userId: null, email: 'carol@example.com' }, 'invitation', { by: 'alice' })
    await database.query(SET_LANGUAGE, 'alice', 'de-CH')
    const look = { ...PLAIN_LOOK, name: NAME, mailAccent: { ground: '#b3005e', on: '#ffffff' } }
    await sendWaiting(
      {
        database,
        transport,
        publicUrl: new URL('https://auth.example.com'),
        look,
        linkFor: async () => 'https://auth.example.com/x',
        log: { info: () => undefined, warn: () => undefined },
        onOutcome: () => undefined,
      },
      new AbortController().signal,
    )
    const [german, english, invitation] = ['alice', 'bob', 'carol'].map((login) =>
      server.mails.find(({ to }) => to.includes(`${login}@example.com`)),
    )
    assert.equal(german?.subject, 'Ihr Passwort wurde geändert · auth.example.com')
    assert.match(german.text, /Das Passwort Ihres Kontos alice wurde geändert\.[^]*„API-Tokens“/)
    assert.match(german.html, /<html lang="de">[^]*Nachsehen, wo Sie angemeldet sind/)
    assert.match(german.html, /Müller &#38; Söhne &#60;IT&#62;[^]*bgcolor="#b3005e"[^]*<font color="#ffffff"/)
    for (const header of german.headers) assert.match(header, /^[\x20-\x7e]*$/)
    assert.ok(german.headers.some((header) => /^Subject: =\?UTF-8\?/i.test(header)))
    assert.ok(german.headers.some((header) => /^From: .*=\?UTF-8\?.* <auth@example\.com>$/i.test(header)))
    assert.equal(english?.subject, 'Your password was changed · auth.example.com')
    assert.equal(invitation?.subject, 'You are invited · auth.example.com')
  })

  test('say nothing in English, whatever they are about', () => {
    const { all } = createLanguages('en')
    assert.ok(KINDS.length >= 22)
    for (const kind of KINDS) {
      assert.ok(isMailKind(kind), kind)
      const details = { address: null, userAgent: 'curl/8', factor: 'totp', by: 'bob', login: 'root', email: 'a@b' }
      const facts = { kind, details, login: 'alice', createdAt: new Date(0), host: 'auth.example.com' }
      const [english, german] = all.map((words) => linesOf(letterOf({ ...facts, words })))
      for (const line of german ?? [])
        assert.ok(line.startsWith('Postern') || !english?.includes(line), `${kind}: ${line}`)
    }
  })
})

function linesOf(letter: ReturnType<typeof letterOf>): string[] {
  const writer = { name: 'Postern', accent: PLAIN_LOOK.mailAccent, language: 'de' }
  assert.match(writeHtml(letter, 'https://auth.example.com/x', writer), /^<!doctype html>/)
  return writeText(letter, 'https://auth.example.com/x', writer)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('https:') && !line.startsWith('postern audit search'))
}
