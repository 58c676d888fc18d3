import { execFile } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { temporaryDirectory } from '../support/directories.ts'
import type { Cleanup } from '../support/directories.ts'
import { createCertificate } from '../support/tls.ts'
import { ROOT } from './fences.ts'

const run = promisify(execFile)
const VERIFY = 'upstream postern_verify { server unix:/run/postern/verify.sock; }'
const PORTAL = 'upstream postern_portal { server 127.0.0.1:9080; } upstream app { server 127.0.0.1:8080; }'
const INSIDE = 'include postern/http.conf; access_log off;'

/** Where a block may stand: a whole file, or within http, a server or a location. */
const PLACES: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => `events {} http { ${text.includes('postern/http.conf') ? '' : INSIDE}\n${text} }`,
  (text) => `events {} http { ${INSIDE} ${VERIFY} ${PORTAL}\n${text} }`,
  (text) => `events {} http { ${INSIDE} ${VERIFY} ${PORTAL} server { listen 127.0.0.1:1;\n${text} } }`,
  (text) => `events {} http { ${INSIDE} ${VERIFY} ${PORTAL} server { listen 127.0.0.1:1; location / {\n${text} } } }`,
]

/** Asks nginx whether it would take a block somewhere, beside the shipped files; gives what it says where it would not. */
export async function createNginxCheck(t: Cleanup): Promise<(text: string) => Promise<string>> {
  const folder = await temporaryDirectory(t)
  cpSync(join(ROOT, 'nginx'), folder, { recursive: true })
  const { certificatePath, keyPath } = await createCertificate(folder, ['app.example.com'])
  const place = (text: string): string =>
    text.replaceAll(/(\s)\/\S*\.(?:pem|crt|key)(?=;)/g, (path, blank: string) =>
      /(?:\.key|-key\.pem|privkey\.pem)$/.test(path) ? blank + keyPath : blank + certificatePath,
    )
  const included = join(folder, 'gateway-tls.conf')
  writeFileSync(included, place(readFileSync(included, 'utf8')))
  return (text) => complaint(folder, place(text))
}

/** What nginx says of the last place, or nothing once one will do. */
async function complaint(folder: string, text: string): Promise<string> {
  const said: string[] = []
  for (const within of PLACES) {
    writeFileSync(join(folder, 'block.conf'), within(text))
    const found = await test(folder)
    if (found === '') return ''
    said.push(found)
  }
  return said.join('\n')
}

async function test(folder: string): Promise<string> {
  try {
    await run('nginx', ['-t', '-q', '-p', folder, '-c', 'block.conf', '-e', 'stderr', '-g', 'pid nginx.pid;'])
    return ''
  } catch (error) {
    return (error as { stderr?: string }).stderr ?? String(error)
  }
}
