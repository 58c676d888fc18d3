import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RecordedDecision } from '../audit/read-decisions.ts'
import { findDecision } from '../audit/read-decisions.ts'
import { OperatorError } from '../errors.ts'
import { readAddress } from '../lib/address.ts'
import type { Principal } from '../lib/principal.ts'
import { compilePolicyInSlices } from '../policies/compile.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import { recordedReasonWords } from '../policies/decision-words.ts'
import { explainRequest, reportDecision } from '../policies/explain-report.ts'
import type { ExplanationReport } from '../policies/explain-report.ts'
import { explanationText } from '../policies/explain-text.ts'
import type { AskedWords } from '../policies/explain-text.ts'
import { FIND_POLICY } from '../policies/policies-table.ts'
import { readPolicyAside } from '../policies/read-aside.ts'
import { originalOf, principalOf } from '../policies/replay.ts'
import { ANY_CLIENT, readWrittenRequest, visitorAs } from '../policies/run-tests-request.ts'
import type { WrittenRequest } from '../policies/run-tests-request.ts'
import type { Queryable } from '../store/database.ts'
import { getUser } from '../users/users.ts'
import { done, listOf, optionalText, textOf } from './command.ts'
import type { Arguments, Command, CommandContext, CommandResult } from './command.ts'
import { NO_POLICY } from './policy.ts'

/** Says what the policy in force decides for a request, or why something was decided, and by which rule. */
export const explainPolicy: Command = async (context, given) => {
  const id = optionalText(given, 'decision')
  return id === undefined ? explainWritten(context, given) : explainRecorded(context, id)
}

interface Versioned {
  readonly version: number
  readonly compiled: CompiledPolicy
}

interface Who {
  readonly principal: Principal | null
  /** For people: `alice of role staff, with 1 factor`. */
  readonly words: string
}

interface Explained {
  /** Null where too little was kept to judge it again. */
  readonly report: ExplanationReport | null
  readonly text: string
}

async function explainWritten(context: CommandContext, given: Arguments): Promise<CommandResult> {
  const written = writtenOf(given)
  const who = await whoAsks(context.database, given)
  const { version, compiled } = await inForce(context)
  const original = readWrittenRequest(compiled, written)
  const report =
    'kind' in original ? reportDecision(original) : explainRequest(compiled, original, who.principal, Date.now())
  const asked = askedWords(written, who.words, version)
  return done(explanationText(report, asked), { policy_version: version, request: written, ...report })
}

/** @throws OperatorError for what can't be a request */
function writtenOf(given: Arguments): WrittenRequest {
  const [url, method = 'GET'] = [...listOf(given, 'request')].toReversed()
  if (url === undefined) throw new OperatorError('Give a method and a whole address, or --decision with its number.', 2)
  const from = optionalText(given, 'from') ?? ANY_CLIENT
  if (readAddress(from) === null) throw new OperatorError(`--from ${from} is not an IP address.`, 2)
  if (/^https?:\/\//.test(url)) return { method, url, from }
  throw new OperatorError(
    `Give a whole address with its scheme, such as https://wiki.example.com/admin/, not ${url}.`,
    2,
  )
}

async function whoAsks(database: Queryable, given: Arguments): Promise<Who> {
  const factors = factorsOf(given)
  const login = optionalText(given, 'user')
  const asRoles = optionalText(given, 'asRoles')
  if (login !== undefined && asRoles !== undefined) throw new OperatorError('Give --user or --as-roles, not both.', 2)
  if (login !== undefined) return known(database, login, factors)
  if (asRoles === undefined) return { principal: null, words: 'nobody who is signed in' }
  return signedIn({ login: 'somebody', roles: asRoles.split(',').filter((role) => role !== ''), factors })
}

async function known(database: Queryable, user: string, factors: 1 | 2): Promise<Who> {
  const { login, held_roles: roles, disabled_at: disabledAt } = await getUser(database, user)
  if (disabledAt === null) return signedIn({ login, roles, factors })
  return { principal: null, words: `${login}, who is disabled and so counts as nobody` }
}

function signedIn(visitor: Parameters<typeof visitorAs>[0]): Who {
  return {
    principal: visitorAs(visitor, Date.now()),
    words: visitorWords(visitor.login, visitor.roles, visitor.factors),
  }
}

function factorsOf(given: Arguments): 1 | 2 {
  const factors = optionalText(given, 'factors') ?? '1'
  if (factors === '1') return 1
  if (factors === '2') return 2
  throw new OperatorError('--factors takes 1 or 2.', 2)
}

async function explainRecorded(context: CommandContext, id: string): Promise<CommandResult> {
  const recorded = await findDecision(context.database, id)
  if (recorded === null) throw unknownDecision(id)
  const current = await inForce(context)
  const then =
    current.version === recorded.policyVersion ? null : await earlier(context.database, recorded.policyVersion)
  const sides = then === null ? [current] : [then, current]
  const explained = sides.map((side) => explainUnder(side, recorded))
  const texts = explained.map(({ text }, index) => `${sideHead(sides[index], recorded, current.version)}\n\n${text}`)
  const missing = then === null && current.version !== recorded.policyVersion ? [goneText(recorded)] : []
  const data = {
    decision: recorded,
    explanations: explained.map(({ report }, index) => report && { policy_version: sides[index]?.version, ...report }),
  }
  return done([recordedText(recorded), ...missing, ...texts].join('\n\n'), data)
}

function explainUnder({ version, compiled }: Versioned, recorded: RecordedDecision): Explained {
  const original = originalOf(recorded)
  const asked = askedWords(requestOf(recorded), recordedVisitor(recorded), version)
  if (original === null) {
    const text = 'Too little is known of the request to judge it again: it could not be read, or its path was too long.'
    return { report: null, text }
  }
  const report = explainRequest(compiled, original, principalOf(recorded), recorded.decidedAt.getTime())
  const remark = version === recorded.policyVersion ? otherwise(report, recorded) : []
  return { report, text: [explanationText(report, asked), ...remark].join('\n\n') }
}

/** Rules alone don't always lead to what was told: say so rather than leave somebody to wonder. */
function otherwise(report: ExplanationReport, { kind, reason }: RecordedDecision): string[] {
  if (report.kind === kind && report.reason === reason) return []
  const told = [kind, reason ?? ''].join(' ').trim()
  return [
    `The visitor was told "${told}" instead: that followed from more than the rules, or from what is not kept, such as the query and headers.`,
  ]
}

function sideHead(side: Versioned | undefined, { policyVersion }: RecordedDecision, current: number): string {
  const version = side?.version ?? 0
  if (version === policyVersion && version === current) return '--- under the policy of then, which is in force now ---'
  return version === policyVersion ? '--- under the policy of then ---' : '--- under the policy in force now ---'
}

function goneText({ policyVersion }: RecordedDecision): string {
  return `Version ${policyVersion}, by which it was decided, can't be read any more.`
}

function recordedText(recorded: RecordedDecision): string {
  const { id, decidedAt, kind, reason, rule, app, reading } = recorded
  const why = reason === null ? '' : `, because ${recordedReasonWords(reason)}`
  const by = rule === null ? '' : ` by rule ${rule}`
  const where = app === null ? '' : ` of app ${app}`
  const read = reading === null ? '' : `\nThe path was read as ${reading}.`
  const sampled = recorded.sampled ? '\nIt is one of a sample: nobody was shown its number.' : ''
  const head = `Decision ${id} of ${decidedAt.toISOString()}: ${kind}${by}${by === '' ? '' : where}${why}.`
  return `${head}${read}${timesText(recorded)}${sampled}`
}

function timesText({ times, lastAt }: RecordedDecision): string {
  if (times === 1) return ''
  return `\nIt stands for ${times} alike within a minute, from the same network, the last at ${lastAt.toISOString()}.`
}

function recordedVisitor({ login, roles, factorAges }: RecordedDecision): string {
  if (login === null) return 'nobody, or somebody whom no rule asked for'
  return visitorWords(login, roles, factorAges.length)
}

function visitorWords(login: string, roles: readonly string[], factors: number): string {
  const held = roles.length === 0 ? 'without roles' : `of role ${roles.join(', ')}`
  return `${login} ${held}, with ${factors === 1 ? '1 factor' : `${factors} factors`}`
}

function requestOf({ method, scheme, host, path, clientAddress }: RecordedDecision): WrittenRequest {
  return { method: method ?? '?', url: `${scheme}://${host}${path}`, from: clientAddress ?? 'an unknown address' }
}

function askedWords({ method, url, from }: WrittenRequest, visitor: string, version: number): AskedWords {
  return { request: `${method} ${url}`, visitor, from, policy: `version ${version}` }
}

/** From the running server's memory where this runs there, so that nothing is compiled again. */
async function inForce({ policies }: CommandContext): Promise<Versioned> {
  await policies.refresh()
  if (policies.version === 0) throw new OperatorError(NO_POLICY)
  return { version: policies.version, compiled: policies.current() }
}

async function earlier(database: Queryable, version: number): Promise<Versioned | null> {
  const [row] = await database.query(FIND_POLICY, version)
  const policy = row === undefined ? [] : await readPolicyAside(row.source)
  return Array.isArray(policy) ? null : { version, compiled: await compilePolicyInSlices(policy, () => nextTurn()) }
}

function unknownDecision(id: string): OperatorError {
  const shown = textOf({ id }, 'id').slice(0, 64)
  return new OperatorError(
    `There is no decision ${shown}. It is written down within seconds, and kept for 30 days or the last 100,000; ` +
      'of a network that is refused in more than 120 ways a minute only some are kept.',
  )
}
