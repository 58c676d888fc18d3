import type { FastifyInstance } from 'fastify'
import { listKeys, rotateKeys } from '../administration/keys.ts'
import type { KeyParts } from '../administration/keys.ts'
import { bodySchema, textField } from '../web/body.ts'
import { sendHtml } from '../web/pages.ts'
import { backTo, consoleForm, csrfField } from './console-form.ts'
import { consoleBase, openConsole } from './console.ts'
import type { ConsoleParts } from './console.ts'
import { keysPage } from './keys-page.ts'

export type KeysParts = ConsoleParts & KeyParts

const PURPOSE = 'console-keys'
const ROTATE = bodySchema({ csrf: textField(256), purpose: textField(16) })

/** `/admin/keys`: which keys there are, and the next one for whoever may. */
export function keysRoutes(app: FastifyInstance, parts: KeysParts): void {
  const action = `${consoleBase(parts)}/keys`
  app.get('/admin/keys', { config: { access: 'postern.system:read' } }, async (request, reply) => {
    const { visitor, console, frame } = await openConsole(parts, request)
    const form = console.may('postern.system:write') ? { action, csrf: csrfField(parts, PURPOSE, visitor) } : null
    return sendHtml(reply, 200, keysPage({ frame, console, keys: await listKeys(parts), form }))
  })

  app.post('/admin/keys', { config: { access: 'postern.system:write' } }, async (_request, reply) => {
    const form = await consoleForm(parts, reply, { purpose: PURPOSE, schema: ROTATE, fresh: { formPath: action } })
    if (form === null) return reply
    await rotateKeys(parts, form.visitor.principal, [form.fields.purpose])
    return backTo(reply, action, 'key_rotated')
  })
}
