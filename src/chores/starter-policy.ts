/** What a first start in proxy mode begins with: everything asks for a sign-in; the demo app also shows other rules. */
export function starterPolicy(publicUrl: URL, app: 'demo' | 'own'): string {
  const { protocol, hostname, port } = publicUrl
  return [
    'version: 1',
    'apps:',
    `  - name: ${app === 'demo' ? 'demo' : 'app'}`,
    `    hosts: [${JSON.stringify(hostname)}]`,
    `    scheme: ${protocol.replace(':', '')}`,
    ...(port === '' ? [] : [`    port: ${port}`]),
    '    rules:',
    ...(app === 'demo' ? DEMO_RULES : []),
    '      - { require: {} }',
    '',
  ].join('\n')
}

const DEMO_RULES = [
  '      - { path: /public/**, allow: anyone }',
  '      - { path: /admin/**, require: { role: postern-admin } }',
]
