import type { FastifyInstance, FastifyReply } from 'fastify'
import { grantToken, revokeToken } from '../tokens/tokens.ts'
import { TOKEN_DAYS } from '../tokens/token-wish.ts'
import type { WrittenWish } from '../tokens/token-wish.ts'
import { bodySchema, textField } from '../web/body.ts'
import { formToken, sendHtml } from '../web/pages.ts'
import { portalHeaders } from '../web/security-headers.ts'
import { openShell } from './account-page.ts'
import { doerOf, faultsOf, tokenId } from './api-token-parts.ts'
import type { ApiTokenParts } from './api-token-parts.ts'
import { apiTokensPage, newApiTokenPage } from './api-tokens-page.ts'
import type { TokenForm, WrittenFields } from './api-tokens-page.ts'
import { noteProofRefused } from './proof-refused.ts'
import { proveAnewHref } from '../web/prove-anew.ts'
import { ownForm, signedInVisitor } from './visitor.ts'
import type { AccountVisitor } from './visitor.ts'

const ACCESS = { config: { access: 'signed_in' } } as const
const MAX_FIELD = 4_096
const LIST = textField(MAX_FIELD)
const NEW_FORM = bodySchema({
  csrf: textField(256),
  name: textField(256),
  days: textField(8),
  apps: LIST,
  hosts: LIST,
  paths: LIST,
  methods: LIST,
  networks: LIST,
  api: LIST.default(''),
})
const REVOKE_FORM = bodySchema({ csrf: textField(256), id: textField(64) })
const PURPOSE = 'api_tokens'
const MAX_LISTED = 100
const EMPTY: WrittenFields = {
  name: '',
  days: String(TOKEN_DAYS.usual),
  apps: '',
  hosts: '',
  paths: '',
  methods: '',
  networks: '',
  api: '',
}

/** `/account/api-tokens`: one's own tokens. Seeing and ending them takes a sign-in, making one a fresh proof. */
export function apiTokenRoutes(app: FastifyInstance, parts: ApiTokenParts): void {
  app.get('/account/api-tokens', ACCESS, async (request, reply) => {
    const visitor = await signedInVisitor(parts, request)
    return showList(parts, reply, visitor, { values: EMPTY, faults: {} })
  })

  app.post('/account/api-tokens', ACCESS, async (request, reply) => {
    const { visitor, fields } = await ownForm(parts, request, { purpose: PURPOSE, schema: NEW_FORM })
    if ((await proveAnewHref(parts, visitor, pathOf(parts))) !== null) {
      await noteProofRefused(parts, request, visitor)
      return reply.redirect(pathOf(parts), 303)
    }
    const { csrf: _, ...values } = fields
    const granted = await grantToken(parts, visitor.principal, wishOf(values), doerOf(parts, request, visitor))
    if (granted.kind !== 'granted') return showList(parts, reply, visitor, { values, faults: faultsOf(granted) })
    const { token, expiresAt } = granted
    reply.headers(portalHeaders({ secure: parts.cookies.secure, scripted: true }))
    return sendHtml(
      reply,
      200,
      newApiTokenPage({
        shell: openShell(parts, request, visitor.principal),
        token,
        expiresAt,
        backHref: pathOf(parts),
      }),
    )
  })

  app.post('/account/api-tokens/revoke', ACCESS, async (request, reply) => {
    const { visitor, fields } = await ownForm(parts, request, { purpose: PURPOSE, schema: REVOKE_FORM })
    await revokeToken(parts, tokenId(fields.id), visitor.principal.userId, doerOf(parts, request, visitor))
    return reply.redirect(pathOf(parts), 303)
  })
}

async function showList(
  parts: ApiTokenParts,
  reply: FastifyReply,
  visitor: AccountVisitor,
  form: TokenForm,
): Promise<FastifyReply> {
  const model = {
    shell: openShell(parts, reply.request, visitor.principal),
    tokens: await parts.apiTokens.list(visitor.principal.login, MAX_LISTED),
    action: pathOf(parts),
    csrf: formToken(parts, PURPOSE, visitor.token),
    proveHref: await proveAnewHref(parts, visitor, pathOf(parts)),
    ...form,
  }
  return sendHtml(reply, Object.keys(form.faults).length > 0 ? 400 : 200, apiTokensPage(model))
}

function pathOf({ entrances }: ApiTokenParts): string {
  return `${entrances.portal.paths.base}/account/api-tokens`
}

/** People part items by blanks or commas, as they like. */
function wishOf({ name, days, ...lists }: WrittenFields): WrittenWish {
  const items = (text: string): readonly string[] => text.split(/[\s,]+/).filter((item) => item !== '')
  const { apps, hosts, paths, methods, networks, api } = lists
  return {
    name,
    days: /^\d{1,4}$/.test(days) ? Number(days) : 0,
    apps: items(apps),
    hosts: items(hosts),
    paths: items(paths),
    methods: items(methods),
    networks: items(networks),
    api: items(api),
  }
}
