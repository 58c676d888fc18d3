import assert from 'node:assert/strict'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import type { TlsFiles } from '../../src/web/tls-files.ts'
import { checkTlsTexts, readTlsTexts, untimely } from '../../src/web/tls-files.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { createAuthority } from '../support/tls.ts'
import type { Authority } from '../support/tls.ts'

const DAY_MS = 86_400_000

suite('the files of our own TLS', () => {
  let folder: string
  let root: Authority
  let between: Authority
  let own: Authority
  let other: Authority
  before(async () => {
    folder = await temporaryDirectory({ after })
    root = await createAuthority(folder, 'root')
    between = await root.issue('between', [], true)
    own = await between.issue('own', ['postern.internal'])
    other = await root.issue('other', ['other.internal'])
  })

  const file = (name: string, ...parts: string[]): string => {
    const path = join(folder, name)
    writeFileSync(path, parts.map((part) => readFileSync(part, 'utf8')).join(''), { mode: 0o600 })
    return path
  }
  const check = (files: TlsFiles): void => checkTlsTexts(readTlsTexts(files), files)

  test('are taken as a chain from the own certificate up, with authorities of proxies or without', () => {
    const certificate = file('chain.pem', own.certificatePath, between.certificatePath)
    const files = { certificate, key: own.keyPath, clientCa: null }
    check(files)
    check({ ...files, clientCa: root.certificatePath })
    assert.deepEqual(untimely(readTlsTexts(files), files, Date.now()), [])
    for (const [days, says] of [
      [3, /chain\.pem ended on .*Renew/],
      [-1, /begins only on .*clock/],
    ] as const)
      assert.match(untimely(readTlsTexts(files), files, Date.now() + days * DAY_MS).join(), says)
  })

  const refused: readonly [what: string, files: () => TlsFiles, says: RegExp][] = [
    ['a file that is missing', () => pair(join(folder, 'gone.pem'), own.keyPath), /gone\.pem can't be read: ENOENT/],
    ['a key of another certificate', () => pair(own.certificatePath, other.keyPath), /other\.key is not the key/],
    [
      'a chain that begins with its authority',
      () => pair(file('turned.pem', between.certificatePath, own.certificatePath), own.keyPath),
      /must begin with .*number 2/,
    ],
    [
      'a chain with something else in it',
      () => pair(file('mixed.pem', own.certificatePath, other.certificatePath), own.keyPath),
      /out of order: .*number 1/,
    ],
    ['a certificate file that holds a key', () => pair(own.keyPath, own.keyPath), /own\.key holds no certificate/],
    [
      'a key file that holds a certificate',
      () => pair(own.certificatePath, file('no.key', own.certificatePath)),
      /no\.key holds no private key/,
    ],
    [
      'a key that everybody may read',
      () => pair(own.certificatePath, open(file('open.key', own.keyPath))),
      /open\.key may be read by everybody.*chmod o=/,
    ],
    [
      'an authority that is none',
      () => ({ ...pair(own.certificatePath, own.keyPath), clientCa: other.certificatePath }),
      /CN=other, which is no authority/,
    ],
  ]
  for (const [what, files, says] of refused) {
    test(`are refused with a sentence for ${what}, without a word of the file`, () => {
      assert.throws(
        () => check(files()),
        (error: Error) => {
          assert.equal(error.name, 'OperatorError')
          assert.match(error.message, says)
          assert.doesNotMatch(error.message, /PRIVATE|MII/)
          return true
        },
      )
    })
  }
})

function pair(certificate: string, key: string): TlsFiles {
  return { certificate, key, clientCa: null }
}

function open(path: string): string {
  chmodSync(path, 0o644)
  return path
}
