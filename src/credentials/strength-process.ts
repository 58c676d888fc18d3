import { ZxcvbnFactory } from '@zxcvbn-ts/core'
import { adjacencyGraphs, dictionary as common } from '@zxcvbn-ts/language-common'
import { dictionary as english, translations } from '@zxcvbn-ts/language-en'

/** What is asked: a password, and the words that whoever guesses at this person's would try first. */
export interface StrengthQuestion {
  readonly id: number
  readonly password: string
  readonly words: readonly string[]
}

/** What is answered. */
export interface StrengthAnswer {
  readonly id: number
  readonly strength: Strength
}

export interface Strength {
  /** Whether it is a common password, alone or with little around it. */
  readonly isCommon: boolean
  /** 0 for one that is guessed at once, to 4. */
  readonly score: 0 | 1 | 2 | 3 | 4
  /** A sentence on what makes it easy to guess, or null. */
  readonly warning: string | null
}

/** The estimate takes 0.4 s for 255 characters; more than these make nothing weaker. */
const MOST_ESTIMATED = 64
/** Shorter ones are letters and years, which stand in anything. */
const SHORTEST_CORE = 4

const passwords: readonly (string | number)[] = common['passwords-common']
const commonPasswords = new Set(passwords.map(String))
const estimator = new ZxcvbnFactory({
  dictionary: { ...common, ...english },
  graphs: adjacencyGraphs,
  translations,
})

process.on('message', ({ id, password, words }: StrengthQuestion) => {
  const { score, feedback } = estimator.check(Array.from(password).slice(0, MOST_ESTIMATED).join(''), [...words])
  const strength = { isCommon: isCommon(password), score, warning: feedback.warning || null }
  process.send?.({ id, strength } satisfies StrengthAnswer)
})

function isCommon(password: string): boolean {
  const text = password.normalize('NFKC').toLowerCase()
  const core = text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  const isDecorated = core.length >= SHORTEST_CORE && text.length <= 2 * core.length && commonPasswords.has(core)
  return isDecorated || commonPasswords.has(text) || isRepeated(text)
}

/** The same common password over and over. */
function isRepeated(text: string): boolean {
  const period = `${text}${text}`.indexOf(text, SHORTEST_CORE)
  return period < text.length && text.length % period === 0 && commonPasswords.has(text.slice(0, period))
}
