import type { DatabaseHost } from '../config/database-address.ts'
import { isSurelyRight, whyUnfit } from './choose-server.ts'
import type { Choosing, ServerFacts } from './choose-server.ts'

export interface Answer {
  readonly facts: ServerFacts | null
  /** Why there are none or they don't fit, as the end of a sentence. */
  readonly why: string
}

export interface Asked {
  readonly hosts: readonly DatabaseHost[]
  readonly ask: (host: DatabaseHost) => Promise<ServerFacts>
}

/** Asks all at once what they are; gives as many answers as came in until one was surely right, in the hosts' order. */
export async function askServers({ hosts, ask }: Asked, choosing: Choosing): Promise<Answer[]> {
  const answers: Answer[] = hosts.map(() => ({ facts: null, why: 'did not answer in time' }))
  const sure = Promise.withResolvers<void>()
  const asked = hosts.map(async (host, index) => {
    const answer = await askOne(() => ask(host), choosing)
    answers[index] = answer
    if (answer.facts !== null && isSurelyRight(answer.facts, choosing)) sure.resolve()
  })
  await Promise.race([Promise.all(asked), sure.promise])
  return [...answers]
}

async function askOne(ask: () => Promise<ServerFacts>, choosing: Choosing): Promise<Answer> {
  try {
    const facts = await ask()
    return { facts, why: whyUnfit(facts, choosing) ?? '' }
  } catch (error) {
    return { facts: null, why: `does not answer: ${reasonOf(error)}` }
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && 'detail' in error && typeof error.detail === 'string') return error.detail
  return error instanceof Error ? error.message : String(error)
}
