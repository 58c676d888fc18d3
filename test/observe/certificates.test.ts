import assert from 'node:assert/strict'
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openCertificates } from '../../src/observe/certificates.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { createCertificate } from '../support/tls.ts'

const DAY_MS = 86_400_000

test('the first certificate of each file tells when it ends; two weeks before that is worth a word', async (t) => {
  const { certificatePath, keyPath } = await createCertificate(await temporaryDirectory(t), ['app.example.com'])
  // As with `fullchain.pem` and with one file for certificate and key.
  await appendFile(certificatePath, await readFile(keyPath))
  const certificates = openCertificates([certificatePath])
  await certificates.read()
  const end = (certificates.ends[certificatePath] ?? 0) * 1_000
  assert.ok(end > Date.now() + DAY_MS && end < Date.now() + 3 * DAY_MS)
  assert.equal(certificates.health(end - 15 * DAY_MS).status, 'ok')
  assert.deepEqual(
    [certificates.health(end - 13 * DAY_MS).status, certificates.health(end).status],
    ['degraded', 'degraded'],
  )
  assert.match(certificates.health(end - 13 * DAY_MS).detail ?? '', /fullchain\.pem ends on \d{4}-\d\d-\d\d\.$/)
  assert.match(certificates.health(end).detail ?? '', /ended on/)
})

test('a file that is away or holds something else is told without its text, and one that comes back is read again', async (t) => {
  const folder = await temporaryDirectory(t)
  const { certificatePath, keyPath } = await createCertificate(folder, ['app.example.com'])
  const [missing, other] = [join(folder, 'missing.pem'), join(folder, 'other.pem')]
  await writeFile(other, 'planted secret')
  const certificates = openCertificates([missing, other, keyPath])
  await certificates.read()
  const { status, detail = '' } = certificates.health(Date.now())
  assert.equal(status, 'degraded')
  assert.match(detail, /missing\.pem can't be read: ENOENT\./)
  assert.match(detail, /other\.pem can't be read: it holds no certificate in PEM\./)
  assert.doesNotMatch(detail, /planted/)
  assert.deepEqual(certificates.ends, {})
  for (const path of [missing, other, keyPath]) await writeFile(path, await readFile(certificatePath))
  await certificates.read()
  assert.equal(Object.keys(certificates.ends).length, 3)
})
