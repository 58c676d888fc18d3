import { emailDonePage, emailLinkPage, emailPage } from '../../src/account/email-page.ts'
import { newPasswordPage, resetDonePage, resetRequestPage, resetSentPage } from '../../src/recovery/reset-page.ts'
import type { Frame } from '../../src/web/frame.ts'
import { sampleShell } from './sample-account-pages.ts'

/** The pages of recovery and of one's own address in the states that look different, by name. */
export function recoveryPages(frame: Frame): Readonly<Record<string, string>> {
  const signInHref = '/.postern/login'
  const homeHref = '/.postern/'
  const request = { frame, action: '/.postern/reset', csrf: 'kq3v', signInHref, username: '', fault: null }
  const newPassword = {
    frame,
    action: '/.postern/reset/password',
    csrf: 'kq3v',
    token: 'pr1aa',
    login: 'alice',
    minPasswordLength: 12,
    fault: null,
  }
  const email = {
    shell: sampleShell(frame),
    action: '/.postern/account/email',
    csrf: 'kq3v',
    email: 'alice.with.a.rather.long.address@department.example.com',
    isVerified: false,
    sendsMails: true,
    proveHref: null,
    entered: null,
    sentTo: null,
  }
  const link = { ...newPassword, homeHref, action: '/.postern/account/email/confirm', email: 'alice@new.example.com' }
  return {
    reset: resetRequestPage(request),
    'reset-refused': resetRequestPage({
      ...request,
      username: 'a b',
      fault: frame.words.say('reset.nothing_entered'),
    }),
    'reset-sent': resetSentPage({ frame, signInHref }),
    'new-password': newPasswordPage(newPassword),
    'new-password-refused': newPasswordPage({ ...newPassword, fault: 'Use at least 12 characters.' }),
    'reset-done': resetDonePage({ frame, signInHref, tokensHref: '/.postern/account/api-tokens' }),
    email: emailPage(email),
    'email-sent': emailPage({ ...email, isVerified: true, sentTo: 'alice@new.example.com' }),
    'email-refused': emailPage({
      ...email,
      entered: { email: 'nobody', fault: 'Use an e-mail address such as alice@example.com.' },
    }),
    'email-prove': emailPage({ ...email, proveHref: '/.postern/login?prove=again' }),
    'email-without-mails': emailPage({ ...email, sendsMails: false }),
    'email-confirm': emailLinkPage({ ...link, purpose: 'confirm' }),
    'email-stop': emailLinkPage({ ...link, purpose: 'stop' }),
    'email-stopped': emailDonePage({ frame, homeHref, purpose: 'stop' }),
  }
}
