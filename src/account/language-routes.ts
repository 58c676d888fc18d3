import type { FastifyInstance } from 'fastify'
import { recordEvent } from '../audit/events.ts'
import { PosternError } from '../errors.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import type { Database } from '../store/database.ts'
import { languageOf, setLanguage } from '../users/language.ts'
import { bodySchema, textField } from '../web/body.ts'
import { formToken, sendHtml } from '../web/pages.ts'
import type { PageParts } from '../web/pages.ts'
import { dropCookie, setCookie } from '../web/set-cookie.ts'
import { openShell } from './account-page.ts'
import { languagePage } from './language-page.ts'
import { ownForm, signedInVisitor } from './visitor.ts'

export interface LanguageParts extends PageParts {
  readonly database: Database
  readonly policy: () => Pick<CompiledPolicy, 'roles'>
}

const ACCESS = { config: { access: 'signed_in' } } as const
const FORM = bodySchema({ csrf: textField(256), language: textField(64) })
const PURPOSE = 'language'
/** The longest that browsers keep a cookie (RFC 6265bis 5.5). */
const COOKIE_LIFE_S = 400 * 86_400

interface Query {
  Querystring: Record<string, string>
}

/** `/account/language`: kept with the account for mails, and in the browser for pages. */
export function languageRoutes(app: FastifyInstance, parts: LanguageParts): void {
  const action = `${parts.entrances.portal.paths.base}/account/language`
  const { languages } = parts.look

  app.get<Query>('/account/language', ACCESS, async (request, reply) => {
    const { principal, token } = await signedInVisitor(parts, request)
    const model = {
      shell: openShell(parts, request, principal),
      action,
      csrf: formToken(parts, PURPOSE, token),
      languages: languages.all,
      chosen: await languageOf(parts.database, principal.userId),
      isSaved: request.query['done'] === 'language',
    }
    return sendHtml(reply, 200, languagePage(model))
  })

  app.post('/account/language', ACCESS, async (request, reply) => {
    const { visitor, fields } = await ownForm(parts, request, { purpose: PURPOSE, schema: FORM })
    const tag = fields.language === '' ? null : fields.language
    if (tag !== null && !languages.all.some((words) => words.tag === tag))
      throw new PosternError('bad_request', 'field language')
    const { userId, login, signInId } = visitor.principal
    await parts.database.transaction(async (tx) => {
      await setLanguage(tx, userId, tag)
      const about = { actor: { userId, login }, signInId, resource: `user:${login}`, details: { fields: ['language'] } }
      await recordEvent(tx, { type: 'user_changed', result: 'success', ...about })
    })
    const { names, secure } = parts.cookies
    if (tag === null) dropCookie(reply, names.language, secure)
    else setCookie(reply, { name: names.language, value: tag, secure, maxAgeS: COOKIE_LIFE_S })
    return reply.redirect(`${action}?done=language`, 303)
  })
}
