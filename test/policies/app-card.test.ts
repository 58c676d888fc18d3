import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  cardTextMistake,
  cardUrlMistake,
  iconMistake,
  isUrlOf,
  MAX_ICON_BYTES,
  readIcon,
} from '../../src/policies/app-card.ts'

const dataOf = (type: string, bytes: number): string => `data:${type};base64,${Buffer.alloc(bytes).toString('base64')}`

suite('what people see of an app', () => {
  test('an icon is one or two characters, or a small image of a kind that browsers only draw', () => {
    const good = ['W', '📚', 'É', 'wi', '👩‍🔧', dataOf('image/png', 8), dataOf('image/svg+xml', MAX_ICON_BYTES)]
    for (const icon of good) assert.equal(iconMistake(icon), null, icon.slice(0, 40))
    const bad = [
      '',
      'abc',
      ' W',
      '\u202e',
      '/icon.png',
      'https://evil.test/x.png',
      dataOf('text/html', 8),
      dataOf('image/gif', 8),
      dataOf('image/png', MAX_ICON_BYTES + 1),
      'data:image/png,abc',
      'data:image/svg+xml;charset=utf-8;base64,AAAA',
      'data:image/png;base64,',
      'data:image/png;base64,A A=',
    ]
    for (const icon of bad) assert.notEqual(iconMistake(icon), null, icon.slice(0, 40))
  })

  test('an image is served under a name of its content, as what it said it is', () => {
    const [one, other] = [readIcon(dataOf('image/png', 8)), readIcon(dataOf('image/webp', 9))]
    assert.equal(one?.contentType, 'image/png')
    assert.equal(one?.body.length, 8)
    assert.match(one?.digest ?? '', /^[0-9a-f]{32}$/)
    assert.notEqual(one?.digest, other?.digest)
    assert.equal(readIcon('W'), null)
  })

  test('an address is one that every browser reads alike', () => {
    for (const good of ['https://a.test', 'http://a.test:8080/x?y=1', 'https://a.test/%C3%A4'])
      assert.equal(cardUrlMistake(good), null, good)
    const bad = [
      'javascript:alert(1)',
      'data:text/html,x',
      '//a.test/',
      'https://u:p@a.test/',
      'https://a.test\\@evil.test/',
      'https://a.test/#x',
      'https://a.test/\u00e4',
      'https://a.test/a b',
      'HTTPS://a.test/',
      `https://a.test/${'x'.repeat(2_048)}`,
    ]
    for (const url of bad) assert.notEqual(cardUrlMistake(url), null, url)
  })

  test('an address belongs to an app by scheme, port and host', () => {
    const app = { hosts: ['a.test', '*.b.test', '{login}.c.test'], scheme: 'https', port: 8443 } as const
    for (const own of ['https://a.test:8443/', 'https://x.b.test:8443/', 'https://alice.c.test:8443/'])
      assert.equal(isUrlOf(app, own), true, own)
    const others = ['https://a.test/', 'http://a.test:8443/', 'https://x.y.b.test:8443/', 'https://b.test:8443/']
    for (const other of others) assert.equal(isUrlOf(app, other), false, other)
  })

  test('a text is one line that stays where it is put', () => {
    assert.equal(cardTextMistake('Wiki & more', 60), null)
    for (const bad of ['', ' a', 'a\nb', 'a\u2066', 'a'.repeat(61)]) assert.notEqual(cardTextMistake(bad, 60), null)
  })
})
