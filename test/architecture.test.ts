import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  checkCycles,
  checkFolders,
  checkLevels,
  checkLibraries,
  importsOf,
  LIBRARIES,
  readSources,
  type SourceFile,
} from './support/architecture.ts'
import { checkBans, checkSizes } from './support/code-rules.ts'
import { blankOut } from './support/source-text.ts'

type Check = (files: readonly SourceFile[]) => string[]

const SOURCES = readSources(join(import.meta.dirname, '../src'))

const RULES: readonly (readonly [rule: string, check: Check])[] = [
  ['imports go down, never up or sideways', checkLevels],
  ['there is one level of folders', checkFolders],
  ['no file imports itself through others', checkCycles],
  ['each library is imported where it was agreed', (files) => checkLibraries(files)],
  ['there are no barrels, default exports, module state, console or process.exit', checkBans],
  ['files and functions stay short', checkSizes],
]

for (const [rule, check] of RULES) {
  test(`in src ${rule}`, () => {
    assert.ok(SOURCES.length > 0)
    const complaints = check(SOURCES)
    assert.equal(complaints.join('\n'), '')
  })
}

test('a library that is agreed on for a file that is gone is noticed', () => {
  const paths = new Set(SOURCES.map((file) => file.path))
  const gone = Object.entries(LIBRARIES).filter(([, rule]) => !rule.files.some((file) => paths.has(file)))
  assert.deepEqual(gone, [])
})

/** Files of a case: path, then its text. */
type Planted = Readonly<Record<string, string>>
const body = (lines: number): string => '  work()\n'.repeat(lines)

const VIOLATIONS: readonly (readonly [check: Check, files: Planted, complaint: RegExp])[] = [
  [checkLevels, { 'web/a.ts': "import { x } from '../users/b.ts'" }, /^src\/web\/a\.ts:1 imports users\/b\.ts/],
  [checkLevels, { 'users/a.ts': "\nimport type { x } from '../sessions/b.ts'" }, /^src\/users\/a\.ts:2 /],
  [checkLevels, { 'lib/a.ts': "import {\n  x,\n} from '../config/b.ts'" }, /^src\/lib\/a\.ts:3 /],
  [checkLevels, { 'lib/a.ts': "import '../store/b.ts'" }, /imports store\/b\.ts/],
  [checkLevels, { 'lib/a.ts': "  await import('../store/b.ts')" }, /imports store\/b\.ts/],
  [checkLevels, { 'lib/a.ts': "export { x } from '../store/b.ts'" }, /imports store\/b\.ts/],
  [checkLevels, { 'api/a.ts': "import { x } from '../portal/b.ts'" }, /imports portal\/b\.ts/],
  [checkLevels, { 'chores/a.ts': "import { x } from '../portal/b.ts'" }, /imports portal\/b\.ts/],
  [checkLevels, { 'cli/a.ts': "import { x } from '../main.ts'" }, /imports main\.ts/],
  [checkLevels, { 'api/a.ts': "import { x } from '../../test/b.ts'" }, /imports \.\.\/test\/b\.ts/],
  [checkLevels, { 'verify/dialects/a.ts': "import { x } from '../../login/b.ts'" }, /imports login\/b\.ts/],
  [checkLevels, { 'misc/a.ts': '' }, /^src\/misc\/a\.ts:1 is in no level/],
  [checkFolders, { 'users/more/a.ts': '' }, /^src\/users\/more\/a\.ts:1 lies in a folder of a folder/],
  [checkFolders, { 'verify/dialects/more/a.ts': '' }, /lies in a folder of a folder/],
  [
    checkCycles,
    { 'lib/a.ts': "import { b } from './b.ts'", 'lib/b.ts': "import type { a } from './a.ts'" },
    /a\.ts -> /,
  ],
  [checkCycles, { 'lib/a.ts': "import { a } from './a.ts'" }, /lib\/a\.ts -> lib\/a\.ts/],
  [
    checkLibraries,
    { 'users/a.ts': "import { Pool } from 'pg'" },
    /^src\/users\/a\.ts:1 imports pg: only store\/server-pool/,
  ],
  [checkLibraries, { 'users/a.ts': "import type { Pool } from 'pg'" }, /imports pg: only/],
  [
    checkLibraries,
    { 'store/a.ts': "import { x } from '@electric-sql/pglite/nodefs'" },
    /imports @electric-sql\/pglite: only/,
  ],
  [checkLibraries, { 'login/a.ts': "import { fastify } from 'fastify'" }, /imports fastify: only/],
  [
    checkLibraries,
    { 'lib/a.ts': "import pad from 'left-pad'" },
    /^src\/lib\/a\.ts:1 imports left-pad: add it to LIBRARIES/,
  ],
  [checkLibraries, { 'lib/a.ts': "import fs from 'fs'" }, /imports fs: add it/],
  [checkBans, { 'lib/index.ts': '' }, /is a barrel/],
  [checkBans, { 'lib/a.ts': "\nexport * from './b.ts'" }, /^src\/lib\/a\.ts:2 re-export/],
  [checkBans, { 'lib/a.ts': "export type { B } from './b.ts'" }, /re-export/],
  [checkBans, { 'lib/a.ts': 'export default function a() {}' }, /default export/],
  [checkBans, { 'lib/a.ts': 'export { a as default }' }, /default export/],
  [checkBans, { 'lib/a.ts': 'let count = 0' }, /module state/],
  [checkBans, { 'lib/a.ts': 'export let count = 0' }, /module state/],
  [checkBans, { 'lib/a.ts': "const say = () => {\n  console.log('x')\n}" }, /^src\/lib\/a\.ts:2 console/],
  [checkBans, { 'lib/a.ts': 'const say = `${console.log(1)}`' }, /console/],
  [checkBans, { 'commands/a.ts': '  process.exit(1)' }, /process\.exit/],
  [checkSizes, { 'lib/a.ts': 'x\n'.repeat(251) }, /^src\/lib\/a\.ts:1 has 251 lines/],
  [checkSizes, { 'lib/a.ts': `\nfunction a(): void {\n${body(59)}}` }, /^src\/lib\/a\.ts:2 a function of 61 lines/],
  [checkSizes, { 'lib/a.ts': `const a = async (x: { y: 1 }) => {\n${body(60)}}` }, /a function of 62 lines/],
  [
    checkSizes,
    { 'lib/a.ts': `class A {\n  async b(c = {}): Promise<void> {\n${body(60)}  }\n}` },
    /a\.ts:2 a function of 62/,
  ],
  [checkSizes, { 'lib/a.ts': `function a(\n  b: string,\n): void {\n${body(60)}}` }, /a function of 62 lines/],
]

test('every rule notices what was planted, and says where', () => {
  for (const [check, files, complaint] of VIOLATIONS) {
    const complaints = check(planted(files))
    assert.equal(complaints.length, 1, `${JSON.stringify(files)}: ${complaints.join('\n')}`)
    assert.match(complaints[0] ?? '', complaint)
  }
})

const FINE: readonly Planted[] = [
  { 'web/a.ts': "import { x } from '../lib/b.ts'\nimport { y } from './c.ts'\nimport { join } from 'node:path'" },
  { 'lib/a.ts': "import { x } from '../errors.ts'" },
  { 'config/a.ts': "import { x } from '../errors.ts'\nimport { y } from '../lib/b.ts'" },
  { 'main.ts': "import { x } from './cli/cli.ts'\n  process.exit(2)" },
  { 'verify/dialects/a.ts': "import { x } from '../b.ts'\nimport { y } from '../../lib/b.ts'" },
  { 'login/a.ts': "import type { FastifyInstance } from 'fastify'" },
  { 'store/server-pool.ts': "import { Pool } from 'pg'" },
  {
    'lib/a.ts':
      "// import { x } from '../store/b.ts'\n/*\nimport '../store/b.ts'\n*/\nconst x = `\nimport '../store/b.ts'\n`",
  },
  { 'lib/a.ts': "const x = 'console.log(1)' // console.log(1)\n/* let x */\nconst y = /console.log/" },
  { 'lib/a.ts': `const quote = /['"\`]/\nconst x = 'let'\nfunction a() {\n  let b = 1\n}` },
  { 'lib/a.ts': `x\n`.repeat(250) },
  { 'lib/a.ts': `function a(): void {\n${body(58)}}` },
  { 'lib/a.ts': `function a(): void {\n  if (b()) {\n${body(50)}  }\n}\nconst c = {\n${body(70)}}` },
]

test('no rule complains of what is allowed', () => {
  for (const files of FINE) {
    const complaints = RULES.flatMap(([, check]) => check(planted(files)))
    assert.deepEqual(complaints, [], JSON.stringify(files))
  }
})

test('imports are found in every form, with line and kind', () => {
  const text =
    "import 'a'\nimport b, { c } from 'b'\nimport type {\n  D,\n} from 'c'\nexport * from 'd'\nconst e = await import('e')\n"
  assert.deepEqual(importsOf({ path: 'lib/a.ts', text }), [
    { line: 1, from: 'a', typeOnly: false },
    { line: 2, from: 'b', typeOnly: false },
    { line: 5, from: 'c', typeOnly: true },
    { line: 6, from: 'd', typeOnly: false },
    { line: 7, from: 'e', typeOnly: false },
  ])
})

test('blanking out keeps every place and what is code', () => {
  const cases = [
    ["a('b\\'c') // d", "a('    ')     "],
    ['`a${b({ c: `d${e}` })}f` + g', '` ${b({ c: ` ${e}` })} ` + g'],
    ['a / b / c', 'a / b / c'],
    ['x = /[/"]\\/`/g + "y"', 'x =          g + " "'],
    ['/* a\n"b */ c', '    \n      c'],
  ]
  for (const [text = '', blanked] of cases) assert.equal(blankOut(text), blanked)
})

function planted(files: Planted): SourceFile[] {
  return Object.entries(files).map(([path, text]) => ({ path, text }))
}
