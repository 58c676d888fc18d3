import { z } from 'zod'
import { clearNotice, listNotices, noticeVersion, setNotice } from '../administration/notices.ts'
import type { AdministrationParts } from '../administration/parts.ts'
import { listRoles } from '../administration/roles.ts'
import { PosternError } from '../errors.ts'
import { MAX_NOTICE_CHARACTERS } from '../policies/app-notices.ts'
import type { AppNotice } from '../policies/app-notices.ts'
import { operation } from './operation.ts'
import type { Operation } from './operation.ts'
import { APP, COUNT, MAYBE_TIME, NOTHING, TEXT, TEXTS, TIME } from './shapes.ts'

const ROLE_OVERVIEW = z.strictObject({
  name: TEXT,
  permissions: TEXTS,
  holders: COUNT.describe('How many have it for good.'),
  granted: COUNT.describe('How many have it by a grant now.'),
  may_give: z.boolean().describe('Whether the caller could give it.'),
})
const APP_OVERVIEW = z.strictObject({ name: TEXT, hosts: TEXTS, rules: COUNT })
const NOTICE = z.strictObject({
  app: TEXT,
  text: TEXT,
  starts_at: TIME,
  ends_at: MAYBE_TIME,
  set_by: TEXT,
  set_at: TIME,
})
const OF_APP = { tag: 'apps', path: '/apps/{app}/notice', params: { app: APP } } as const
const WRITE = { ...OF_APP, access: 'postern.policy:write' } as const
const MOMENT = z.iso.datetime({ offset: true }).max(64)

/** Roles and apps of the policy in force, and what people are told of apps for a while. */
export function appOperations(parts: AdministrationParts): readonly Operation[] {
  return [
    operation({
      name: 'listRoles',
      method: 'GET',
      path: '/roles',
      tag: 'roles',
      summary: 'Lists roles of the policy in force with their permissions, and how many hold them',
      access: 'postern.users:read',
      data: z.array(ROLE_OVERVIEW),
      async run({ caller: { principal } }) {
        const roles = await listRoles(parts, principal)
        return {
          data: roles.map(({ mayGive, permissions, ...role }) => {
            return { ...role, permissions: [...permissions], may_give: mayGive }
          }),
        }
      },
    }),
    operation({
      name: 'listApps',
      method: 'GET',
      path: '/apps',
      tag: 'apps',
      summary: 'Lists apps of the policy in force',
      access: 'postern.policy:read',
      data: z.array(APP_OVERVIEW),
      async run() {
        const apps = [...parts.policies.current().apps.values()]
        return { data: apps.map(({ name, hosts, rules }) => ({ name, hosts: [...hosts], rules: rules.length })) }
      },
    }),
    ...noticeOperations(parts),
  ]
}

function noticeOperations(parts: AdministrationParts): readonly Operation[] {
  return [
    operation({
      name: 'listNotices',
      method: 'GET',
      path: '/notices',
      tag: 'apps',
      summary: 'Lists what people are told of apps',
      access: 'postern.policy:read',
      data: z.array(NOTICE),
      run: async () => ({ data: (await listNotices(parts)).map(describe) }),
    }),
    operation({
      ...OF_APP,
      name: 'getNotice',
      method: 'GET',
      summary: 'Tells what people are told of an app',
      access: 'postern.policy:read',
      data: NOTICE,
      errors: ['nothing_there'],
      async run({ params: { app } }) {
        const found = (await listNotices(parts)).find((notice) => notice.app === app)
        if (found === undefined) throw new PosternError('nothing_there', 'no notice')
        return answer(found)
      },
    }),
    operation({
      ...WRITE,
      name: 'setNotice',
      method: 'PUT',
      summary: 'Tells people something of an app, in the place of what was told before',
      body: {
        text: z
          .string()
          .min(1)
          .max(MAX_NOTICE_CHARACTERS * 2),
        from: MOMENT.optional(),
        until: MOMENT.optional(),
      },
      data: NOTICE,
      errors: ['nothing_there', 'changed_since'],
      async run({ params, body: { text, from, until }, caller: { principal }, expect }) {
        const times = { ...(from && { from: new Date(from) }), ...(until && { until: new Date(until) }) }
        return answer(await setNotice(parts, principal, { ...params, text, ...times, expect }))
      },
    }),
    operation({
      ...WRITE,
      name: 'clearNotice',
      method: 'DELETE',
      summary: 'Takes back what people are told of an app',
      data: NOTHING,
      errors: ['nothing_there', 'changed_since'],
      async run({ params, caller: { principal }, expect }) {
        await clearNotice(parts, principal, { ...params, expect })
        return { data: undefined }
      },
    }),
  ]
}

function answer(notice: AppNotice): { data: z.input<typeof NOTICE>; version: string } {
  return { data: describe(notice), version: noticeVersion(notice) }
}

function describe({ app, text, startsAt, endsAt, setBy, setAt }: AppNotice): z.input<typeof NOTICE> {
  return {
    app,
    text,
    starts_at: startsAt.toISOString(),
    ends_at: endsAt?.toISOString() ?? null,
    set_by: setBy,
    set_at: setAt.toISOString(),
  }
}
