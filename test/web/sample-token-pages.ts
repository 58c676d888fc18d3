import { apiTokensPage, newApiTokenPage } from '../../src/account/api-tokens-page.ts'
import type { Frame } from '../../src/web/frame.ts'
import { sampleShell } from './sample-account-pages.ts'

/** The pages of API tokens, by names of their own. */
export function tokenPages(frame: Frame): Readonly<Record<string, string>> {
  const VALUES = { name: '', days: '90', apps: '', hosts: '', paths: '', methods: '', networks: '', api: '' }
  const TOKEN = {
    id: '2f1c0000-0000-4000-8000-000000000001',
    login: 'alice',
    name: 'backup on a machine with a rather long name',
    prefix: 'pst_01aB3d',
    apps: ['wiki', 'git'],
    hosts: null,
    paths: ['/api/**', '/files/reports/2026/**'],
    methods: ['GET'],
    networks: ['192.0.2.0/24', '2001:db8:1234:5678::/64'],
    api: null,
    created_at: new Date('2026-03-04T05:06:07Z'),
    last_used_at: new Date('2026-03-05T05:06:07Z'),
    expires_at: new Date('2026-06-04T05:06:07Z'),
  }
  const WHOLE = { ...TOKEN, name: 'CI', apps: null, paths: null, methods: null, networks: null, last_used_at: null }
  const list = {
    shell: sampleShell(frame),
    tokens: [TOKEN, WHOLE],
    action: '/account/api-tokens',
    csrf: 'c'.repeat(43),
    proveHref: null,
    values: VALUES,
    faults: {},
  }
  return {
    'api-tokens': apiTokensPage(list),
    'api-tokens-none': apiTokensPage({ ...list, tokens: [] }),
    'api-tokens-proof': apiTokensPage({ ...list, proveHref: '/login?prove=again' }),
    'api-tokens-faults': apiTokensPage({
      ...list,
      values: { ...VALUES, paths: 'api' },
      faults: {
        name: 'Give a name of 1 to 60 characters, such as the machine it is for.',
        paths: 'A path is a pattern such as /api/**: it begins with a slash.',
      },
    }),
    'api-token-new': newApiTokenPage({
      shell: sampleShell(frame),
      token: `pst_01${'aB3d-_'.repeat(9)}`,
      expiresAt: TOKEN.expires_at,
      backHref: '/account/api-tokens',
    }),
  }
}
