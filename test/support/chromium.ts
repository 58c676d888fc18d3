import type { TestContext } from 'node:test'
import { chromium, type Browser } from 'playwright-core'

/** Host name to the port on 127.0.0.1 where it is served; pages address it without a port. */
export type Hosts = Readonly<Record<string, number>>

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--ignore-certificate-errors',
]

/** Starts the machine's Chromium, which reaches the named hosts and 127.0.0.1, and nothing else. */
export async function launchChromium(t: TestContext, options: { readonly hosts: Hosts }): Promise<Browser> {
  const served = Object.entries(options.hosts).map(([name, port]) => `MAP ${name} 127.0.0.1:${port}`)
  const rules = [...served, 'MAP * ~NOTFOUND', 'EXCLUDE 127.0.0.1', 'EXCLUDE localhost'].join(', ')
  const browser = await chromium.launch({
    executablePath: process.env['POSTERN_TEST_CHROMIUM'] ?? '/usr/bin/chromium',
    args: [...FLAGS, `--host-resolver-rules=${rules}`],
  })
  t.after(() => browser.close())
  return browser
}
