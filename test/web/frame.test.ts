import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import { assets } from '../../src/web/assets.ts'
import { errorPage } from '../../src/web/error-page.ts'
import { page } from '../../src/web/frame.ts'
import { html } from '../../src/web/html.ts'
import { SAMPLE_PAGES } from './sample-pages.ts'
import { plainFrame } from '../../src/web/look.ts'

test('an asset is named after its content', () => {
  for (const { name, body } of assets()) {
    assert.ok(name.includes(createHash('sha256').update(body).digest('hex').slice(0, 12)), name)
  }
})

test('pages load the assets that are served, from the base that they are given, and nothing else', () => {
  for (const [name, document] of Object.entries(SAMPLE_PAGES)) {
    const loaded = [...document.matchAll(/(?:<link [^>]*href|src)="([^"]*)"/g)].map(([, address]) => address)
    const served = assets().map(({ name: file }) => `/.postern/assets/${file}`)
    for (const address of loaded) assert.ok(served.includes(address ?? ''), `${name} loads ${address}`)
    for (const file of served) assert.ok(loaded.includes(file) || file.endsWith('.js'), `${name} lacks ${file}`)
  }
})

test('assets name no other file or host, beside the names of XML', () => {
  for (const { name, body } of assets()) {
    const text = body.toString().replaceAll(/xmlns="[^"]*"|^ *\/\/.*$|\/\*[^]*?\*\//gm, '')
    assert.doesNotMatch(text, /url\(|@import|import\(|["'(]\/\/|https?:/, name)
  }
})

test('a page has neither script nor style of its own', () => {
  for (const document of Object.values(SAMPLE_PAGES))
    assert.doesNotMatch(document, /<script(?! src="[^"]*" defer><\/script>)|<style|style=| on[a-z]+=/)
})

test('title, name and mark of a page are escaped', () => {
  const frame = { ...plainFrame('/a'), brand: { name: 'A & <b>', logoHref: '/"x' } }
  const document = page({ title: '</title><b>', body: html`<h1>a</h1>`, frame })
  assert.ok(document.startsWith('<!doctype html>'))
  assert.ok(document.includes('<title>&#60;/title&#62;&#60;b&#62; · A &#38; &#60;b&#62;</title>'))
  assert.ok(document.includes('src="/&#34;x"'))
})

test('the error page tells message, status and request id, and leads home only where there is one', () => {
  const model = { frame: plainFrame('/a'), status: 503, message: 'Try <again>.', requestId: 'r-1', homeHref: '/home' }
  const document = errorPage(model)
  for (const text of ['Try &#60;again&#62;.', 'error 503', '<code>r-1</code>', 'href="/home"']) {
    assert.ok(document.includes(text), text)
  }
  assert.ok(!errorPage({ ...model, homeHref: null }).includes('/home'))
})

test('the error page has a heading for a status that it does not know', () => {
  const document = errorPage({ frame: plainFrame('/a'), status: 599, message: 'm', requestId: 'r', homeHref: null })
  assert.ok(document.includes('<h1>Something went wrong</h1>'))
})
