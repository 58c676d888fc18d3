import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { suite, test } from 'node:test'
import { listPages, readPage, ROOT } from './fences.ts'

const PAGES = listPages()
const LINK = /\]\((?!https?:|mailto:)([^)\s#]*)(?:#([^)\s]*))?\)/g
/** Pages that are linked before they are there. */
const COMING = new Set(['docs/scale.md'])
/** Pages that others list: each folder has a page for its own. */
const BELOW = /^docs\/(?:decisions|runbooks|screenshots)\//

suite('links in the documentation', () => {
  test('lead to files that there are', () => {
    for (const page of PAGES)
      for (const { target } of linksOf(page))
        assert.ok(COMING.has(target) || existsSync(join(ROOT, target)), `${page}: ${target}`)
  })

  test('lead to headings that there are', () => {
    for (const page of PAGES)
      for (const { target, anchor } of linksOf(page))
        if (anchor !== '' && PAGES.includes(target))
          assert.ok(anchorsOf(target).has(anchor), `${page}: ${target}#${anchor}`)
  })

  test('bring a reader from the map to every page', () => {
    const listed = new Set(linksOf('docs/README.md').map(({ target }) => target))
    for (const page of PAGES.filter((each) => each.startsWith('docs/') && !BELOW.test(each)))
      assert.ok(page === 'docs/README.md' || listed.has(page), page)
  })
})

test('the first page is short', () => {
  assert.ok(readPage('README.md').split('\n').length <= 200)
})

function linksOf(page: string): { target: string; anchor: string }[] {
  const text = readPage(page).replaceAll(/^ *```[^]*?^ *```$/gm, '')
  return [...text.matchAll(LINK)].map(([, path = '', anchor = '']) => ({
    target: path === '' ? page : normalize(join(dirname(page), path)),
    anchor,
  }))
}

/** As the usual hosts of repositories make them. */
function anchorsOf(page: string): ReadonlySet<string> {
  const text = readPage(page).replaceAll(/^ *```[^]*?^ *```$/gm, '')
  const headings = [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => heading)
  return new Set(headings.map((heading) => slugOf(heading)))
}

function slugOf(heading: string): string {
  const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
  return plain.replaceAll(/[^\p{L}\p{N}\p{M}_\- ]/gu, '').replaceAll(' ', '-')
}
