import { passkeyPage, recoveryCodesPage, totpPage } from '../../src/account/enrol-pages.ts'
import { factorsPage } from '../../src/account/factors-page.ts'
import { qrCode } from '../../src/web/qr-code.ts'
import type { Frame } from '../../src/web/frame.ts'
import { sampleShell } from './sample-account-pages.ts'

const ADDRESS = 'otpauth://totp/auth.example.com:alice?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=auth.example.com'
const QR_CODE = await qrCode(ADDRESS, 'QR')

/** The pages of second factors, in the states that look different. */
export function factorPages(frame: Frame): Readonly<Record<string, string>> {
  const action = '/.postern/account/factors'
  const list = {
    shell: sampleShell(frame),
    action,
    csrf: 'kq3v',
    proveHref: null,
    offersPasskeys: true,
    isDemanded: false,
    notice: null,
    recoveryCodesLeft: 10,
  }
  const enrol = {
    shell: sampleShell(frame),
    action: `${action}/confirm`,
    csrf: 'kq3v',
    backHref: action,
    name: 'Authenticator app',
  }
  const used = { addedAt: new Date('2026-03-01T08:00:00Z'), lastUsedAt: new Date('2026-03-01T09:30:00Z') }
  const factors = [
    { ...used, id: '1', kind: 'totp', name: 'Phone', isSynced: false, copySuspectedAt: null },
    {
      ...used,
      lastUsedAt: null,
      id: '2',
      kind: 'webauthn',
      name: 'A key with quite a long name that nobody needs, but may want',
      isSynced: true,
      copySuspectedAt: new Date('2026-03-02T08:00:00Z'),
    },
  ] as const
  return {
    factors: factorsPage({ ...list, factors }),
    'factors-none': factorsPage({ ...list, factors: [], isDemanded: true, recoveryCodesLeft: 0, notice: 'last_one' }),
    'factors-few-codes': factorsPage({ ...list, factors, recoveryCodesLeft: 3 }),
    'factors-not-proven': factorsPage({ ...list, factors, proveHref: '/.postern/login?prove=again' }),
    'factors-totp': totpPage({
      ...enrol,
      key: { qrCode: QR_CODE, text: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' },
    }),
    'factors-totp-wrong': totpPage({ ...enrol, key: null }),
    'factors-passkey': passkeyPage({
      ...enrol,
      name: 'Security key',
      options: {
        challenge: 'AAAA',
        rp: { id: 'auth.example.com', name: 'auth.example.com' },
        user: { id: 'AAAA', name: 'alice', displayName: 'Alice' },
        pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
        timeout: 120_000,
        excludeCredentials: [],
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
        attestation: 'none',
      },
    }),
    'factors-recovery-codes': recoveryCodesPage({
      shell: sampleShell(frame),
      login: 'alice',
      host: 'auth.example.com',
      backHref: action,
      codes: Array.from({ length: 10 }, (_, at) => `7KQ2-M0VN-XXPD-3HT${at}`),
    }),
  }
}
