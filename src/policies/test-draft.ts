import { TEST, TEST_VISITOR } from './policy-fields.ts'
import { readSection } from './policy-schema.ts'
import type { LineOf, Report } from './policy-schema.ts'
import type { PolicyTest } from './policy.ts'
import type { DocumentPath } from './yaml-document.ts'

const REQUEST = /^([A-Z]+) (https?:\/\/\S+)$/

/** Reads one line of `tests`; null after its mistakes were reported. */
export function readTest(value: unknown, path: DocumentPath, lineOf: LineOf, report: Report): PolicyTest | null {
  const { as, request, from, expect } = readSection(TEST, value, path, report)
  const visitor = readVisitor(as, [...path, 'as'], report)
  if (request === undefined || from === undefined || expect === undefined || visitor === undefined) return null
  const [, method, url] = REQUEST.exec(request) ?? []
  if (method !== undefined && url !== undefined) return { line: lineOf(path), as: visitor, method, url, from, expect }
  report([...path, 'request'], () => 'Write a method, a space and a whole address: GET https://wiki.example.com/admin/')
  return null
}

/** Undefined after a mistake was reported. */
function readVisitor(value: unknown, path: DocumentPath, report: Report): PolicyTest['as'] | undefined {
  if (value === 'nobody') return null
  const { user, roles, factors } = readSection(TEST_VISITOR, value, path, report)
  if (user === undefined || roles === undefined || factors === undefined) return undefined
  return { login: user, roles, factors }
}
