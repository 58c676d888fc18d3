import { ERRORS } from '../../errors.ts'
import type { ErrorCode } from '../../errors.ts'

/** What went wrong, by the code that programs read. */
type ErrorMessages = { readonly [Code in ErrorCode as `error.${Code}`]: (typeof ERRORS)[Code]['message'] }

/** Pages of errors, and the sentences of all codes. */
export const FAILURES = {
  ...errorMessages(),
  'failure.400': 'This request could not be read',
  'failure.401': 'Sign in first',
  'failure.403': 'This is not allowed',
  'failure.404': 'Page not found',
  'failure.405': 'This is not possible here',
  'failure.410': 'This link is no longer valid',
  'failure.421': 'Wrong address',
  'failure.429': 'Too many requests',
  'failure.502': 'The app does not answer',
  'failure.503': 'Not available right now',
  'failure.other': 'Something went wrong',
  'failure.home': 'Go to the start page',
  'failure.tell': 'If this happens again, tell your administrator: error {status}, request {request}',
  'failure.try_again': '{message} Try again in {wait}.',
} as const

function errorMessages(): ErrorMessages {
  const messages = Object.entries(ERRORS).map(([code, { message }]) => [`error.${code}`, message] as const)
  return Object.fromEntries(messages) as ErrorMessages
}
