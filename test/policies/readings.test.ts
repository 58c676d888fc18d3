import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { isPlainPath, readTarget } from '../../src/lib/target.ts'
import type { CompiledPolicy } from '../../src/policies/compile.ts'
import { compilePolicy } from '../../src/policies/compile.ts'
import type { Judgement } from '../../src/policies/decision.ts'
import { decide, judge } from '../../src/policies/evaluate.ts'
import type { PolicyRule, RuleAction } from '../../src/policies/policy.ts'
import { principal, request } from './fixture.ts'

const HOST = 'app.test'
const ROLES = new Map([
  ['a', ['x:read']],
  ['b', ['x:read', 'x:write']],
  ['c', []],
])
const VISITORS = [null, ...[[], ['a'], ['b'], ['c'], ['a', 'c'], ['a', 'b', 'c']].map((roles) => principal('p', roles))]

const segment = fc.constantFrom('a', 'b', 'A', 'admin', 'Admin', 'c.d', '*')
const pattern = fc
  .tuple(fc.array(segment, { maxLength: 3 }), fc.constantFrom('', '', '/', '/**', '/**'))
  .map(([segments, end]) => (segments.length === 0 ? end || '/' : `/${segments.join('/')}${end}`))
const action: fc.Arbitrary<RuleAction> = fc.oneof(
  fc.constantFrom<RuleAction>({ kind: 'anyone' }, { kind: 'deny' }),
  fc.record({
    kind: fc.constant('require' as const),
    roles: fc.option(fc.subarray(['a', 'b', 'c'], { minLength: 1 })),
    permissions: fc.option(fc.subarray(['x:read', 'x:write'], { minLength: 1 })),
  }),
)
const methods = fc.option(fc.subarray(['GET', 'HEAD', 'POST', 'TRACE', 'PROPFIND'], { minLength: 1 }), { freq: 2 })
const rule: fc.Arbitrary<PolicyRule> = fc.record({
  line: fc.constant(1),
  paths: fc.array(pattern, { minLength: 1, maxLength: 2 }),
  methods,
  action,
})
const rules = fc.array(rule, { maxLength: 6 })
const method = fc.constantFrom('GET', 'GET', 'HEAD', 'POST', 'TRACE', 'PROPFIND')
const plainPath = fc
  .array(fc.constantFrom('a', 'b', 'admin', 'c.d', 'z'), { maxLength: 4 })
  .chain((segments) =>
    fc.constantFrom(...(segments.length === 0 ? ['/'] : [`/${segments.join('/')}`, `/${segments.join('/')}/`])),
  )
const ODD_PIECES = 'a A admin ADMIN / / / . .. ; ;x=1 %2f %2e %5c %61 %25 %252e // c.d %c3%a9 %ef%bc%8e'.split(' ')
const oddPiece = fc.constantFrom(...ODD_PIECES)
const oddPath = fc.array(oddPiece, { maxLength: 8 }).map((pieces) => `/${pieces.join('')}`)

/** How real servers read a path before they look up what it names. */
const READERS: Readonly<Record<string, (path: string) => string>> = {
  'as it is': (path) => path,
  'small letters': (path) => path.toLowerCase(),
  'last slash cut': cutLastSlash,
  'last slash cut, small letters': (path) => cutLastSlash(path).toLowerCase(),
  'dot segments removed': removeDots,
  'decoded once': decode,
  'decoded twice': (path) => decode(decode(path)),
  'decoded, then dot segments removed': (path) => removeDots(decode(path)),
  'slashes merged': (path) => path.replace(/\/{2,}/g, '/'),
  'parameters cut': (path) => path.replace(/;[^/]*/g, ''),
  'parameters cut, then dot segments removed': (path) => removeDots(path.replace(/;[^/]*/g, '')),
  'backslashes as slashes': (path) => decode(path).replaceAll('\\', '/'),
  'compatibility forms folded': (path) => decode(path).normalize('NFKC'),
  'everything at once': (path) =>
    removeDots(
      decode(path)
        .replace(/;[^/]*/g, '')
        .replace(/[/\\]+/g, '/'),
    ).toLowerCase(),
}

test('a plain path is judged as an interpreter that asks one rule after the other does', () => {
  fc.assert(
    fc.property(rules, plainPath, method, (list, path, method) => {
      const lower = list.map((rule) => ({ ...rule, paths: rule.paths.map((text) => text.toLowerCase()) }))
      const readings = [path, cutLastSlash(path)].map((read) => [lower, read] as const)
      const all = [...readings, [lower.map(withoutLastSlashes), cutLastSlash(path)] as const]
      for (const who of VISITORS) {
        const expected = all.every(([rules, read]) => naivePasses(rules, read, method, who))
        assert.equal(passes(judgeAs(lower, path, method), who), expected)
      }
    }),
    { numRuns: 5_000 },
  )
})

for (const [name, read] of Object.entries(READERS)) {
  test(`PATH-55: nobody passes whom the path would stop when read so: ${name}`, () => {
    fc.assert(
      fc.property(rules, fc.oneof(plainPath, oddPath), method, (list, path, method) => {
        if (typeof readTarget(path) === 'string') return
        const judgement = judgeAs(list, path, method)
        for (const who of VISITORS) {
          if (passes(judgement, who)) assert.ok(naivePasses(list, read(path), method, who), read(path))
        }
      }),
      { numRuns: 2_000 },
    )
  })
}

test('PATH-25: a path is never judged more mildly than the path in small letters', () => {
  fc.assert(
    fc.property(rules, oddPath, method, (list, path, method) => {
      if (typeof readTarget(path) === 'string') return
      const judgement = judgeAs(list, path, method)
      const lower = judgeAs(list, path.toLowerCase(), method)
      for (const who of VISITORS) assert.ok(!passes(judgement, who) || passes(lower, who))
    }),
    { numRuns: 3_000 },
  )
})

test('PATH-35: a server that takes /x/ for /x serves nobody whom its rules without the last slash stop', () => {
  fc.assert(
    fc.property(rules, fc.oneof(plainPath, oddPath), method, (list, path, method) => {
      if (typeof readTarget(path) === 'string') return
      const judgement = judgeAs(list, path, method)
      const cut = list.map(withoutLastSlashes)
      for (const who of VISITORS) {
        if (passes(judgement, who)) assert.ok(naivePasses(cut, cutLastSlash(path), method, who))
      }
    }),
    { numRuns: 3_000 },
  )
})

test('PATH-25: a server without letter case serves nobody whom its rules without letter case stop', () => {
  fc.assert(
    fc.property(rules, oddPath, method, (list, path, method) => {
      if (typeof readTarget(path) === 'string') return
      const folded = list.map((rule) => ({ ...rule, paths: rule.paths.map((text) => text.toLowerCase()) }))
      const judgement = judgeAs(list, path, method)
      for (const who of VISITORS) {
        if (passes(judgement, who)) assert.ok(naivePasses(folded, path.toLowerCase(), method, who))
      }
    }),
    { numRuns: 3_000 },
  )
})

test('a path that is neither plain nor plain but for its capitals is judged only where every path is judged alike', () => {
  fc.assert(
    fc.property(
      rules,
      oddPath,
      method,
      fc.array(plainPath, { minLength: 20, maxLength: 20 }),
      (list, path, method, others) => {
        if (typeof readTarget(path) === 'string' || isPlainPath(path.toLowerCase())) return
        const judgement = judgeAs(list, path, method)
        if (judgement.kind === 'refuse') return
        for (const other of others) {
          for (const who of VISITORS) assert.equal(naivePasses(list, other, method, who), passes(judgement, who))
        }
      },
    ),
    { numRuns: 2_000 },
  )
})

function cutLastSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

function withoutLastSlashes(rule: PolicyRule): PolicyRule {
  return { ...rule, paths: rule.paths.map((text) => (text.endsWith('**') ? text : cutLastSlash(text))) }
}

function judgeAs(list: readonly PolicyRule[], path: string, method: string): Judgement {
  return judge(compile(list), request(HOST, path, method))
}

function compile(list: readonly PolicyRule[]): CompiledPolicy {
  return compilePolicy({
    roles: ROLES,
    apps: [{ name: 'app', hosts: [HOST], scheme: 'https', port: null, rules: list }],
  })
}

function passes(judgement: Judgement, who: ReturnType<typeof principal> | null): boolean {
  return decide(judgement, who).kind === 'allow'
}

/** The policy language again, as slowly and plainly as can be: the first rule that matches, patterns as expressions. */
function naivePasses(
  list: readonly PolicyRule[],
  path: string,
  method: string,
  who: ReturnType<typeof principal> | null,
): boolean {
  const first = list.find((rule) => rule.paths.some((text) => expression(text).test(path)) && namesMethod(rule, method))
  if (first === undefined || first.action.kind === 'deny') return false
  if (first.methods === null && ['TRACE', 'PROPFIND'].includes(method)) return false
  if (first.action.kind === 'anyone') return true
  if (who === null) return false
  const { roles, permissions } = first.action
  const held = who.roles.flatMap((role) => ROLES.get(role) ?? [])
  const hasRole = roles === null || roles.some((role) => who.roles.includes(role))
  return hasRole && (permissions === null || permissions.some((permission) => held.includes(permission)))
}

function namesMethod({ methods }: PolicyRule, method: string): boolean {
  return methods === null || methods.includes(method) || (method === 'HEAD' && methods.includes('GET'))
}

function expression(pattern: string): RegExp {
  const folder = pattern.endsWith('/**')
  const text = folder ? pattern.slice(0, -3) : pattern
  const source = text.replaceAll('.', '\\.').replaceAll('*', '[^/]+')
  return new RegExp(`^${source}${folder ? '(?:/.*)?' : ''}$`, 's')
}

function decode(path: string): string {
  return path.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'))
}

/** RFC 3986, 5.2.4. */
function removeDots(path: string): string {
  const out: string[] = []
  const segments = path.split('/').slice(1)
  for (const [index, segment] of segments.entries()) {
    const isDots = segment === '.' || segment === '..'
    if (segment === '..') out.pop()
    if (!isDots) out.push(segment)
    else if (index === segments.length - 1) out.push('')
  }
  return `/${out.join('/')}`
}
