/** What is known about a sign-in whose password fits. Hours are UTC, 0 to 23. */
export interface RiskFacts {
  /** How often this user signed in within 90 days; without any, nothing can be unusual. */
  readonly signIns: number
  readonly isKnownDevice: boolean
  readonly isKnownNetwork: boolean
  /** Whether any of these sign-ins was within two hours of this time of the day. */
  readonly isUsualHour: boolean
  readonly failuresBefore: number
  /** Other people that failed from the same network lately. */
  readonly peopleFromNetwork: number
  /** Within the last day: password or factors were reset, or the e-mail address changed. */
  readonly wasReset: boolean
}

export type RiskReason =
  | 'new_device'
  | 'new_network'
  | 'unusual_hour'
  | 'failures_before'
  | 'many_failures_before'
  | 'after_reset'
  | 'people_from_network'
  | 'many_people_from_network'

export interface Risk {
  /** 0 to 100. */
  readonly score: number
  readonly reasons: readonly { readonly reason: RiskReason; readonly points: number }[]
}

/** So many sign-ins tell what is usual. */
const ENOUGH_SIGN_INS = 10

interface Point {
  readonly reason: RiskReason
  readonly points: number
  readonly applies: (facts: RiskFacts) => boolean
}

/** Each says for itself why it counts; together they may exceed 100, which is the most that is told. */
const POINTS: readonly Point[] = [
  { reason: 'new_device', points: 20, applies: (facts) => facts.signIns > 0 && !facts.isKnownDevice },
  { reason: 'new_network', points: 15, applies: (facts) => facts.signIns > 0 && !facts.isKnownNetwork },
  { reason: 'unusual_hour', points: 10, applies: (facts) => facts.signIns >= ENOUGH_SIGN_INS && !facts.isUsualHour },
  { reason: 'failures_before', points: 10, applies: ({ failuresBefore: count }) => count >= 3 && count < 10 },
  { reason: 'many_failures_before', points: 25, applies: ({ failuresBefore }) => failuresBefore >= 10 },
  { reason: 'after_reset', points: 20, applies: ({ wasReset }) => wasReset },
  { reason: 'people_from_network', points: 15, applies: ({ peopleFromNetwork: count }) => count >= 5 && count < 20 },
  { reason: 'many_people_from_network', points: 35, applies: ({ peopleFromNetwork }) => peopleFromNetwork >= 20 },
]

/** Weighs a sign-in: the sum of what speaks against it, with the reasons. */
export function assess(facts: RiskFacts): Risk {
  const reasons = POINTS.filter(({ applies }) => applies(facts)).map(({ reason, points }) => ({ reason, points }))
  return {
    score: Math.min(
      100,
      reasons.reduce((sum, { points }) => sum + points, 0),
    ),
    reasons,
  }
}

/** Scores from which on something is done; 0 turns one off. */
export interface RiskThresholds {
  readonly notify: number
  readonly secondFactor: number
  readonly stop: number
}

export interface RiskVerdict {
  readonly notify: boolean
  readonly secondFactor: boolean
  readonly stop: boolean
}

/** What a score calls for. */
export function judgeRisk({ score }: Risk, thresholds: RiskThresholds): RiskVerdict {
  const reaches = (threshold: number): boolean => threshold > 0 && score >= threshold
  return {
    notify: reaches(thresholds.notify),
    secondFactor: reaches(thresholds.secondFactor),
    stop: reaches(thresholds.stop),
  }
}
