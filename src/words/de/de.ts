import { ACCOUNT } from './account.ts'
import { COMMON } from './common.ts'
import { CONSOLE } from './console.ts'
import { OVERVIEW } from './overview.ts'
import { SYSTEM } from './system.ts'
import { EVENTS } from './events.ts'
import { FAILURES } from './errors.ts'
import { FAULTS } from './faults.ts'
import { FRAME } from './frame.ts'
import { MAIL } from './mail.ts'
import { OWN_ACCOUNT } from './own-account.ts'
import { PEOPLE } from './people.ts'
import { POLICY } from './policy.ts'
import { PORTAL } from './portal.ts'
import { REASONS } from './reasons.ts'
import { RECORD } from './record.ts'
import { RESET } from './reset.ts'
import { SECOND_FACTOR } from './second-factor.ts'
import { SIGN_IN } from './sign-in.ts'
import { TIME } from './time.ts'

/** German. */
export const DE = {
  ...COMMON,
  ...ACCOUNT,
  ...CONSOLE,
  ...OVERVIEW,
  ...SYSTEM,
  ...EVENTS,
  ...FRAME,
  ...FAILURES,
  ...FAULTS,
  ...MAIL,
  ...OWN_ACCOUNT,
  ...PEOPLE,
  ...POLICY,
  ...PORTAL,
  ...REASONS,
  ...RECORD,
  ...RESET,
  ...SECOND_FACTOR,
  ...SIGN_IN,
  ...TIME,
} as const
