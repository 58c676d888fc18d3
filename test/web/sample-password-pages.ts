import { passwordChangedPage, passwordPage } from '../../src/account/password-page.ts'
import type { Frame } from '../../src/web/frame.ts'
import { sampleShell } from './sample-account-pages.ts'

/** The pages of one's own password, in the states that look different, by name. */
export function passwordPages(frame: Frame): Readonly<Record<string, string>> {
  const action = '/.postern/account/password'
  const change = {
    shell: sampleShell(frame),
    action,
    strengthAction: `${action}/strength`,
    csrf: 'kq3v',
    login: 'alice',
    rules: { minLength: 12, classes: 0, history: 5 },
    problem: null,
  }
  return {
    password: passwordPage(change),
    'password-wrong': passwordPage({
      ...change,
      rules: { ...change.rules, classes: 3 },
      problem: { field: 'current', sentence: frame.words.say('password.wrong') },
    }),
    'password-refused': passwordPage({
      ...change,
      problem: {
        field: 'password',
        sentence: frame.words.retell('Choose one that is not among your last 5 passwords.'),
      },
    }),
    'password-changed': passwordChangedPage({ ...change, tokensHref: '/.postern/account/api-tokens' }),
  }
}
