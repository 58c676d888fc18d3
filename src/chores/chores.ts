import { closeGrants } from '../administration/grants.ts'
import { PRUNE_IDEMPOTENCY_KEYS } from '../api/idempotency-table.ts'
import { PRUNE_DECISION_SUMS } from '../audit/decision-sums-table.ts'
import { PRUNE_DECISIONS } from '../audit/decisions-table.ts'
import { PRUNE_EVENT_SUMS } from '../audit/event-sums-table.ts'
import { recordApplied } from '../audit/record-applied.ts'
import type { Secrets } from '../config/settings.ts'
import { PRUNE_ONE_TIME_TOKENS } from '../credentials/one-time-tokens-table.ts'
import { OperatorError } from '../errors.ts'
import { every } from '../lib/every.ts'
import { PRUNE_ANOMALIES, PRUNE_NETWORK_SIGHTINGS } from '../limits/anomalies-table.ts'
import { PRUNE_ATTEMPTS } from '../limits/attempts-table.ts'
import { PRUNE_DEVICES } from '../limits/devices-table.ts'
import { DEVICE_KEPT_MS } from '../limits/devices.ts'
import { PRUNE_FAILED_NAME_COUNTS } from '../limits/failed-names-table.ts'
import { PRUNE_MAILS } from '../mail/outbox-table.ts'
import { sendWaiting } from '../mail/sender.ts'
import type { SendOutcome } from '../mail/sender.ts'
import { openSmtp } from '../mail/smtp.ts'
import type { Context } from '../parts/context.ts'
import type { Crew } from '../parts/crew.ts'
import { applyPolicy } from '../policies/apply.ts'
import { FIND_LATEST_POLICY } from '../policies/policies-table.ts'
import { watchPolicyFile } from '../policies/policy-watch.ts'
import type { PolicyWatch } from '../policies/policy-watch.ts'
import { lookAtPolicyFile, watchInTurn } from '../policies/run-tests-file.ts'
import { createMailLinks } from '../recovery/mail-links.ts'
import { PRUNE_API_TOKENS } from '../sessions/api-tokens-table.ts'
import { PRUNE_SIGN_INS } from '../sessions/sessions-table.ts'
import { openBell } from '../store/bell.ts'
import type { Store } from '../store/open-store.ts'
import { CHANGES_KEPT_MS } from '../store/change-feed.ts'
import { PRUNE_CHANGES } from '../store/changes-table.ts'
import type { Database } from '../store/database.ts'
import { prune } from '../store/prune.ts'
import type { Prunable } from '../store/prune.ts'
import { PRUNE_GRANTS } from '../users/grants-table.ts'
import { starterPolicy } from './starter-policy.ts'

const FLUSH_MS = 30_000
/** What is decided can be explained soon after. */
const DECISIONS_MS = 1_000
/** Twice in the second within which a changed file is to be in force. */
const POLICY_MS = 500
const PRUNE_MS = 60_000
/** Whoever asked for a mail looks for it at once. */
const MAILS_MS = 1_000
/** Twice within the time for which a read of changes counts as fresh. */
const CHANGES_MS = 600
/** Nothing waits for it but the record, and connections that were let in by what is over. */
const GRANTS_MS = 2_000
const DAY_MS = 86_400_000
/** Whom the versions name as the author of the policy of a first start. */
const STARTER = { by: 'postern', reason: 'first start' }

const PRUNABLES: readonly Prunable[] = [
  { what: 'attempts', statement: PRUNE_ATTEMPTS, keptMs: 0 },
  { what: 'failed names', statement: PRUNE_FAILED_NAME_COUNTS, keptMs: 2 * DAY_MS },
  { what: 'network sightings', statement: PRUNE_NETWORK_SIGHTINGS, keptMs: DAY_MS },
  { what: 'anomalies', statement: PRUNE_ANOMALIES, keptMs: DAY_MS },
  { what: 'devices', statement: PRUNE_DEVICES, keptMs: DEVICE_KEPT_MS },
  { what: 'changes', statement: PRUNE_CHANGES, keptMs: CHANGES_KEPT_MS },
  { what: 'sign-ins', statement: PRUNE_SIGN_INS, keptMs: DAY_MS },
  { what: 'one-time tokens', statement: PRUNE_ONE_TIME_TOKENS, keptMs: DAY_MS },
  { what: 'decisions', statement: PRUNE_DECISIONS, keptMs: 30 * DAY_MS },
  { what: 'sums of events', statement: PRUNE_EVENT_SUMS, keptMs: 2 * DAY_MS },
  { what: 'sums of decisions', statement: PRUNE_DECISION_SUMS, keptMs: 90 * DAY_MS },
  { what: 'idempotency keys', statement: PRUNE_IDEMPOTENCY_KEYS, keptMs: DAY_MS },
  { what: 'grants', statement: PRUNE_GRANTS, keptMs: 90 * DAY_MS },
  { what: 'API tokens', statement: PRUNE_API_TOKENS, keptMs: DAY_MS },
  { what: 'mails', statement: PRUNE_MAILS, keptMs: 2 * DAY_MS },
]

/** Reads changes for as long as the program runs. The clock alone would do; the bell makes it quick. */
export function keepReadingChanges(
  { feed, log }: Pick<Context, 'feed' | 'log'>,
  servers: Store['servers'],
  opened: AsyncDisposableStack,
): void {
  let trouble = false
  const tell = (error: unknown): void => {
    if (!trouble) log.warn({ err: error }, 'changes can not be read: memory counts for as long as the grace lasts')
    trouble = true
    servers?.doubt()
  }
  const read = async (): Promise<void> => {
    await feed.read()
    if (trouble) log.info('changes are read again')
    trouble = false
  }
  const timer = every(CHANGES_MS, read, tell)
  opened.defer(() => timer.stop())
  if (servers === null) return
  const bell = openBell(
    (channel, onBell) => servers.listen(channel, onBell),
    () => void read().catch(tell),
    (error) => log.debug({ err: error }, 'the bell is silent'),
  )
  opened.defer(() => bell.close())
}

/**
 * Takes the policy over, which must be known before the first request is answered, and keeps it that way.
 * @returns the policy file's watch where there is a file; it only looks while another process leads
 * @throws OperatorError when the file is wrong and there is no policy yet
 */
export async function keepPolicy(
  context: Context,
  { crew, opened }: { crew: Crew; opened: AsyncDisposableStack },
): Promise<PolicyWatch | null> {
  const { config, database, policies, log } = context
  const watch = config.policyFile === null ? null : watchFile(config.policyFile, context, crew)
  const look = async (): Promise<void> => {
    await watch?.check()
    await policies.refresh()
  }
  await look()
  if (policies.version === 0 && watch?.fault) throw new OperatorError(watch.fault)
  if (config.upstream !== null && (await isStarterPolicy(database))) {
    const source = starterPolicy(config.publicUrl, config.upstream === 'demo' ? 'demo' : 'own')
    await applyPolicy(database, { source, ...STARTER, onlyForward: false, also: recordApplied })
    await policies.refresh()
  }
  let trouble = false
  const read = async (): Promise<void> => {
    await look()
    if (trouble) log.info('the policy is read again')
    trouble = false
  }
  const tell = (error: unknown): void => {
    if (!trouble) log.error({ err: error }, 'the policy can not be read')
    trouble = true
  }
  const timer = every(POLICY_MS, read, tell)
  opened.defer(() => timer.stop())
  return watch
}

/** Writes when sign-ins and tokens were last used, and once more at the end. */
export function keepWritingLastSeen({ sessions, apiTokens, log }: Context, opened: AsyncDisposableStack): void {
  const flush = async (): Promise<void> => {
    await sessions.flush()
    await apiTokens.flush()
  }
  const timer = every(FLUSH_MS, flush, (error) => log.warn({ err: error }, 'last use of sessions is not written yet'))
  opened.defer(async () => {
    timer.stop()
    await flush().catch((error: unknown) => log.warn({ err: error }, 'last use of sessions is lost'))
  })
}

/** Writes what was decided, and once more at the end; trouble is told when it begins and when it is over. */
export function keepWritingDecisions({ decisions, log }: Context, opened: AsyncDisposableStack): void {
  let trouble = false
  const tell = (error: unknown): void => {
    if (!trouble) log.warn({ err: error }, 'decisions are not written yet')
    trouble = true
  }
  const write = async (): Promise<void> => {
    await decisions.flush()
    if (trouble) log.info('decisions are written again')
    trouble = false
  }
  const timer = every(DECISIONS_MS, write, tell)
  opened.defer(async () => {
    timer.stop()
    await decisions.end().catch((error: unknown) => log.warn({ err: error }, 'the last decisions are lost'))
  })
}

/** Sends mails where there is a server for them; each is sent by one of all processes. */
export async function keepSendingMails(
  { config, recovery, look, metrics, log }: Context,
  { smtpUrl }: Secrets,
  opened: AsyncDisposableStack,
): Promise<void> {
  if (smtpUrl === null || config.mailFrom === null) return
  const { name, address } = config.mailFrom
  const transport = await openSmtp(smtpUrl, { name: name === '' ? look.name : name, address })
  const ending = new AbortController()
  const { database, publicUrl } = recovery
  const onOutcome = (outcome: SendOutcome): void => metrics.mail(outcome)
  const parts = { database, transport, publicUrl, look, linkFor: createMailLinks(recovery), log, onOutcome }
  const work = async (): Promise<void> => metrics.mailsWaiting(await sendWaiting(parts, ending.signal))
  const timer = every(MAILS_MS, work, (error) => log.warn({ err: error }, 'mails can not be sent yet'))
  opened.defer(() => {
    timer.stop()
    ending.abort()
    transport.close()
  })
}

/** Writes down which grants ended; each is told of by one of all processes. */
export function keepClosingGrants({ database, feed, log }: Context, opened: AsyncDisposableStack): void {
  let trouble = false
  const work = async (): Promise<void> => {
    await closeGrants({ database, feed })
    if (trouble) log.info('ends of grants are written down again')
    trouble = false
  }
  const tell = (error: unknown): void => {
    if (!trouble) log.warn({ err: error }, 'ends of grants are not written down yet')
    trouble = true
  }
  const timer = every(GRANTS_MS, work, tell)
  opened.defer(() => timer.stop())
}

/** Removes what is over; of all processes on one database one at a time does. */
export function keepPruning({ database, log }: Context, opened: AsyncDisposableStack): void {
  const ending = new AbortController()
  const work = async (): Promise<void> => {
    const removed = await prune(database, PRUNABLES, ending.signal)
    if (Object.keys(removed).length > 0) log.info({ removed }, 'pruned')
  }
  const timer = every(PRUNE_MS, work, (error) => log.warn({ err: error }, 'what is over can not be removed yet'))
  opened.defer(() => {
    timer.stop()
    ending.abort()
  })
}

function watchFile(path: string, { database, log }: Context, crew: Crew): PolicyWatch {
  return watchInTurn(watchPolicyFile(path, database, { log, also: recordApplied }), lookAtPolicyFile(path), () =>
    crew.leads(),
  )
}

/** True until somebody has applied a policy: what the demo leaves open must not stay so in front of another app. */
async function isStarterPolicy(database: Database): Promise<boolean> {
  const [latest] = await database.query(FIND_LATEST_POLICY)
  return latest === undefined || (latest.applied_by === STARTER.by && latest.reason === STARTER.reason)
}
