import { setting } from './setting.ts'
import { oneOf, wholeNumber } from './values.ts'

/** How often somebody may ask, and what follows from a sign-in that is unlike its owner. */
export const LIMITS_SETTINGS = {
  rateLimits: setting(
    'POSTERN_RATE_LIMITS',
    oneOf('on', 'off'),
    'on',
    'on: each network and each person can ask so often for pages, and less often for what signs in, resets or shows secrets. off: where something in front of Postern does that. Attempts to guess are counted either way.',
  ),
  sessionBinding: setting(
    'POSTERN_SESSION_BINDING',
    oneOf('off', 'notify', 'strict'),
    'notify',
    'What happens when a request brings a session from a network and a device that are both new to it, as a stolen one would. notify: its owner gets a mail, and must prove who it is again before dangerous changes. strict: it is ended as well. off: nothing is compared.',
  ),
  riskNotify: setting(
    'POSTERN_RISK_NOTIFY',
    wholeNumber(0, 100),
    '30',
    'From this risk of a sign-in on, 1 to 100, its owner gets a mail. 0 sends none for risk alone.',
  ),
  riskSecondFactor: setting(
    'POSTERN_RISK_SECOND_FACTOR',
    wholeNumber(0, 100),
    '50',
    'From this risk on the second factor is asked for, on trusted devices too, of those who have one. 0 never asks for risk alone.',
  ),
  riskStop: setting(
    'POSTERN_RISK_STOP',
    wholeNumber(0, 100),
    '0',
    'From this risk on a sign-in is refused although its password fits. 0 refuses none.',
  ),
} as const
