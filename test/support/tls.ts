import { execFile, execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
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

/** An authority of a test's own. */
export interface Authority {
  readonly certificatePath: string
  readonly keyPath: string
  /** Signs a certificate for hosts and addresses, which may be none, valid for two days; as an authority below this one where that is wished. */
  readonly issue: (name: string, hosts: readonly string[], asAuthority?: boolean) => Promise<Authority>
  /** Its list of those that no longer count, in PEM. */
  readonly revoke: (certificates: readonly Pick<Authority, 'certificatePath'>[]) => Promise<string>
}

/** Makes an authority whose files, and those of all that it signs, lie in `folder` under their names. */
export async function createAuthority(folder: string, name = 'authority'): Promise<Authority> {
  return certify(folder, name, ['-addext', 'basicConstraints=critical,CA:TRUE'])
}

async function certify(folder: string, name: string, more: readonly string[]): Promise<Authority> {
  const certificatePath = join(folder, `${name}.pem`)
  const keyPath = join(folder, `${name}.key`)
  const key = [...NEW_KEY, '-keyout', keyPath]
  await run('openssl', ['req', '-x509', ...key, '-subj', `/CN=${name}`, '-days', '2', ...more, '-out', certificatePath])
  const issue: Authority['issue'] = (below, hosts, asAuthority = false) => {
    const names = hosts.map((host) => `${isIP(host) === 0 ? 'DNS' : 'IP'}:${host}`).join(',')
    const extensions = names === '' ? [] : ['-addext', `subjectAltName=${names}`]
    const constraints = `basicConstraints=critical,CA:${asAuthority ? 'TRUE' : 'FALSE'}`
    return certify(folder, below, ['-CA', certificatePath, '-CAkey', keyPath, '-addext', constraints, ...extensions])
  }
  return { certificatePath, keyPath, issue, revoke: (others) => revoke(folder, { certificatePath, keyPath }, others) }
}

async function revoke(
  folder: string,
  { certificatePath, keyPath }: Certificate,
  others: readonly Pick<Authority, 'certificatePath'>[],
): Promise<string> {
  const file = join(folder, 'ca.conf')
  const index = join(folder, 'index.txt')
  writeFileSync(index, '')
  writeFileSync(file, `[ca]\ndefault_ca = own\n[own]\ndatabase = ${index}\ndefault_md = sha256\n`)
  const own = ['ca', '-config', file, '-cert', certificatePath, '-keyfile', keyPath]
  for (const other of others) await run('openssl', [...own, '-revoke', other.certificatePath])
  const { stdout } = await run('openssl', [...own, '-gencrl', '-crldays', '1'])
  return stdout
}
