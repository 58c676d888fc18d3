import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { attributes, html, safeUrl, toText } from '../../src/web/html.ts'
import type { Html } from '../../src/web/html.ts'

// Under its own name the formatter would mend the templates, and with them what is wrong in them.
const tag = html

const anyText = fc.string({ unit: 'binary' })
const markupText = fc.string({
  unit: fc.constantFrom('<', '>', '"', "'", '`', '&', '#', ';', '/', '=', ' ', 'a', '3', '\r'),
})

test('text between tags and in attributes comes out as it went in', () => {
  fc.assert(
    fc.property(fc.oneof(anyText, markupText), (text) => {
      const piece = toText(tag`<p title="${text}">${text}</p>`)
      const match = /^<p title="([^"]*)">([^<]*)<\/p>$/.exec(piece)
      assert.equal(unescape(match?.[1] ?? ''), readable(text))
      assert.equal(unescape(match?.[2] ?? ''), readable(text))
    }),
  )
})

test('text never leaves a quote, a bracket or a bare ampersand behind', () => {
  fc.assert(
    fc.property(markupText, (text) => {
      const piece = toText(tag`${text}`)
      assert.doesNotMatch(piece, /[<>"'`\r]/)
      assert.doesNotMatch(piece, /&(?!#\d+;)/)
    }),
  )
})

test('markup made by html passes as it is, alone and in lists, and absent values write nothing', () => {
  const items = ['<a>', 'b'].map((text) => tag`<li>${text}</li>`)
  const list = tag`<ul>${items}${null}${undefined}${false}${0}</ul>`
  assert.equal(toText(list), '<ul><li>&#60;a&#62;</li><li>b</li>0</ul>')
})

test('an object that only looks like markup is refused', () => {
  const forged = JSON.parse('{"markup":"<script>"}') as Html
  assert.throws(() => tag`<p>${forged}</p>`, TypeError)
})

const harmful: readonly [string, () => Html][] = [
  ['an unquoted attribute value', () => tag`<a title=${'x'}>`],
  ['an unquoted attribute value after a blank', () => tag`<a title= ${'x'}>`],
  ['the rest of an unquoted value', () => tag`<a title=a${'x'}>`],
  ['a script', () => tag`<script>${'x'}</script>`],
  ['a script with attributes and text before', () => tag`<script type="module">let a = '<b>'; ${'x'}</script>`],
  ['a style sheet', () => tag`<STYLE>${'x'}</STYLE>`],
  ['an event handler', () => tag`<b onclick="${'x'}"></b>`],
  ['an event handler in capitals', () => tag`<b ONCLICK='f(${'x'})'></b>`],
  ['a style attribute', () => tag`<b style="${'x'}"></b>`],
  ['a document in an attribute', () => tag`<b srcdoc="${'x'}"></b>`],
  ['a tag name', () => tag`<${'b'}></b>`],
  ['the end of a tag name', () => tag`<b${'x'}></b>`],
  ['an attribute name', () => tag`<b ${attributes({ id: 'x' })}="y"></b>`],
  ['the end of an attribute name', () => tag`<b data-${'x'}="y"></b>`],
  ['a comment', () => tag`<!-- ${'x'} -->`],
  ['the middle of an address', () => tag`<a href="/a/${'x'}"></a>`],
  ['the beginning of an address', () => tag`<a href="${'x'}/a"></a>`],
  ['two values in an address', () => tag`<a href="${'/a'}${'b'}"></a>`],
  ['text inside a tag', () => tag`<b ${'x'}></b>`],
  ['attributes between tags', () => tag`<b>${attributes({ id: 'x' })}</b>`],
  ['markup in an attribute', () => tag`<b title="${tag`<i></i>`}"></b>`],
  ['null in an attribute', () => tag`<b title="${null}"></b>`],
  ['a template that ends inside a tag', () => tag`<b title="x"`],
  ['a template that ends inside an attribute', () => tag`<b title="${'x'}>`],
]
for (const [place, use] of harmful) test(`html throws for ${place}`, () => assert.throws(use, TypeError))

test('html knows its way behind comments, scripts, bare values and less-than signs', () => {
  assert.equal(toText(tag`<!-- a="b --><p>${'&'}</p>`), '<!-- a="b --><p>&#38;</p>')
  assert.equal(toText(tag`<script src="/a.js"></script><p>${'&'}</p>`), '<script src="/a.js"></script><p>&#38;</p>')
  assert.equal(toText(tag`<i class=a>1 < 2 ${'&'}</i>`), '<i class=a>1 < 2 &#38;</i>')
  assert.equal(toText(tag`<i class=a title="${'&'}"></i>`), '<i class=a title="&#38;"></i>')
  assert.equal(toText(tag`<i hidden title = "${'"'}"/>${'&'}`), '<i hidden title = "&#34;"/>&#38;')
})

test('attributes are written by what they hold', () => {
  const written = attributes({
    id: 'a"b',
    hidden: true,
    disabled: false,
    title: null,
    tabindex: 0,
    href: 'javascript:x',
  })
  assert.equal(toText(tag`<b ${written}></b>`), '<b  id="a&#34;b" hidden tabindex="0" href="#"></b>')
})

test('attributes refuse names that run, style or are no names', () => {
  for (const name of ['onclick', 'style', 'srcdoc', 'a b', 'a>', '', 'ID']) {
    assert.throws(() => attributes({ [name]: 'x' }), TypeError)
  }
})

test('an address in an attribute is checked and escaped', () => {
  assert.equal(toText(tag`<a href="${'/a?b=1&c="'}"></a>`), '<a href="/a?b=1&#38;c=&#34;"></a>')
  assert.equal(toText(tag`<form action='${'javascript:alert(1)'}'></form>`), "<form action='#'></form>")
})

test('safeUrl passes http, https, paths on this site and queries of this page', () => {
  for (const address of [
    '/',
    '/a/b?c=//d#e',
    'https://a.example/x',
    'HTTP://a.example',
    'https://[::1]:8/',
    '/a:b',
    '?a=//b',
  ]) {
    assert.equal(safeUrl(address), address)
  }
})

test('safeUrl turns into # whatever could run or lead to another host', () => {
  const addresses =
    'javascript:alert(1)| javascript:alert(1)|java\nscript:x|data:text/html,x|vbscript:x|mailto:a@b|//evil.test|' +
    '/\\evil.test|\\\\evil.test|/\t/evil.test|/ /evil.test|https:evil.test|https:///evil||a|a/b|#a|' +
    'https://a.example\\@b|/\u0000|/\u007f'
  for (const address of addresses.split('|')) assert.equal(safeUrl(address), '#', address)
})

test('safeUrl leaves nothing that the URL standard reads as another host than it shows', () => {
  const part = fc.constantFrom(
    '/',
    '//',
    '\\',
    'evil.test',
    '@',
    ':',
    'http',
    'https:',
    'javascript:',
    '\t',
    ' ',
    '.',
    '..',
    '%2f',
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const address = safeUrl(parts.join(''))
      const url = URL.parse(address, 'https://site.example')
      assert.match(url?.protocol ?? 'https:', /^https?:$/)
      if (/^[/?]/.test(address)) assert.equal(url?.host, 'site.example')
    }),
    { numRuns: 2000 },
  )
})

function unescape(markup: string): string {
  return markup.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
}

function readable(text: string): string {
  return text.replaceAll('\0', '\ufffd')
}
