import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { SNIPPETS } from '../../src/snippets/snippets.ts'
import { violations } from '../k8s/json-schema.ts'
import { readResources } from '../k8s/kustomize.ts'
import { problemsOf, readSchema } from '../k8s/schemas.ts'
import { siteWith, WIKI } from '../snippets/sample.ts'

/** Their pages show YAML that the command prints; those of the others are held to it elsewhere. */
const PRINTED = ['traefik', 'envoy', 'ingress-nginx', 'gateway-api', 'envoy-gateway', 'ngf', 'f5-nginx']
const DOCS = join(import.meta.dirname, '../../docs/proxies')

for (const file of readdirSync(DOCS)) {
  for (const [index, text] of yamlOf(readFileSync(join(DOCS, file), 'utf8')).entries()) {
    test(`${file}: YAML block ${index + 1} fits the schemas of what it describes`, () => {
      assert.deepEqual(problemsIn(text), [])
    })
  }
}

for (const proxy of PRINTED) {
  test(`${proxy}.md shows what the command prints`, () => {
    const printed = SNIPPETS[proxy]?.write(siteWith(WIKI)) ?? ''
    assert.ok(readFileSync(join(DOCS, `${proxy}.md`), 'utf8').includes(`\n${printed}\n\`\`\`\n`))
  })
}

/** The blocks, without the blanks in front of those that stand in a list. */
function yamlOf(markdown: string): string[] {
  const blocks = markdown.matchAll(/^( *)```yaml\n([\s\S]*?)^ *```$/gm)
  return [...blocks].map(([, indent = '', text = '']) => text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''))
}

function problemsIn(text: string): string[] {
  const [first] = readResources(text)
  if (first !== undefined && 'meshConfig' in first) return violations(readSchema('istio-mesh-config'), parse(text))
  // What goes into Envoy's own configuration has no schema here.
  if (first !== undefined && 'filter_chains' in first) return []
  return readResources(text).flatMap(problemsOf)
}
