import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Paths of a certificate and its key, both PEM. */
export interface Certificate {
  readonly certificatePath: string
  readonly keyPath: string
}

/** Makes a self-signed certificate for the hosts, valid for two days, in `folder`. */
export async function createCertificate(folder: string, hosts: readonly string[]): Promise<Certificate> {
  const certificatePath = join(folder, 'fullchain.pem')
  const keyPath = join(folder, 'privkey.pem')
  const names = hosts.map((host) => `DNS:${host}`).join(',')
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyPath]
  const subject = ['-subj', '/CN=postern test', '-addext', `subjectAltName=${names}`, '-days', '2']
  await run('openssl', ['req', '-x509', ...key, ...subject, '-out', certificatePath])
  return { certificatePath, keyPath }
}
