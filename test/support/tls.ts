import { execFile, execFileSync } from 'node:child_process'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

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

/** A self-signed certificate and its key as text, where no file is wanted. */
export function makeCertificate(): { certificate: string; key: string } {
  const args = ['req', '-x509', ...NEW_KEY, '-keyout', '-', '-subj', '/CN=postern test', '-days', '2']
  const both = execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' })
  const [key = '', certificate = ''] = both.trim().split(/(?<=END PRIVATE KEY-----)\n/)
  return { certificate, key }
}

/** Who vouches for the certificates of a test. */
export interface Authority {
  readonly certificatePath: string
  /** @param hosts names and addresses that stand in it; those of a client may be none */
  issue(name: string, hosts: readonly string[]): Promise<Certificate>
}

/** Makes an authority whose files lie in `folder`. */
export async function createAuthority(folder: string, name = 'authority'): Promise<Authority> {
  const [certificatePath, keyPath] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)]
  const own = ['-subj', `/CN=postern test ${name}`, '-days', '2', '-keyout', keyPath, '-out', certificatePath]
  await run('openssl', ['req', '-x509', ...NEW_KEY, ...own])
  return {
    certificatePath,
    async issue(owner, hosts) {
      const issued = { certificatePath: join(folder, `${owner}.pem`), keyPath: join(folder, `${owner}.key`) }
      const names = hosts.map((host) => `${isIP(host) === 0 ? 'DNS' : 'IP'}:${host}`).join(',')
      const extension = names === '' ? [] : ['-addext', `subjectAltName=${names}`]
      const by = ['-CA', certificatePath, '-CAkey', keyPath, '-addext', 'basicConstraints=CA:FALSE']
      const out = ['-subj', `/CN=${owner}`, '-days', '2', '-keyout', issued.keyPath, '-out', issued.certificatePath]
      await run('openssl', ['req', '-x509', ...NEW_KEY, ...by, ...extension, ...out])
      return issued
    },
  }
}
