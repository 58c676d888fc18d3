import type { FastifyInstance } from 'fastify'
import { PosternError } from '../errors.ts'
import type { Principal } from '../lib/principal.ts'
import { currentNotices } from '../policies/app-notices.ts'
import type { ShownNotice } from '../policies/app-notices.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import { openableApps } from '../policies/openable.ts'
import type { OpenableApp } from '../policies/openable.ts'
import type { Database } from '../store/database.ts'
import { clientOf } from '../web/client.ts'
import { formToken, sendHtml, visitorOf } from '../web/pages.ts'
import type { PageParts } from '../web/pages.ts'
import { assetHeaders } from '../web/security-headers.ts'
import { openShell } from './account-page.ts'
import { createAppIcons } from './app-icons.ts'
import type { AppIcons } from './app-icons.ts'
import { launcherPage, MAX_FILTER_CHARACTERS } from './launcher-page.ts'
import type { LauncherCard } from './launcher-page.ts'

export interface LauncherParts extends PageParts {
  readonly database: Database
  /** The policy in force. */
  readonly policy: () => CompiledPolicy
}

interface HomeQuery {
  Querystring: Record<string, string>
}

/** That of the page where people sign out, which takes the same form. */
const SIGN_OUT_PURPOSE = 'sign-out'
/** An image of the file's author runs nothing and loads nothing, even where somebody opens it by itself. */
const ICON_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
const LETTERS = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** The portal's start page, with the images of apps: what whoever is signed in may open now. */
export function launcherRoutes(app: FastifyInstance, parts: LauncherParts): void {
  const { paths } = parts.entrances.portal
  const icons = createAppIcons(parts.policy)

  app.get<HomeQuery>('/', { config: { access: 'anyone' } }, async (request, reply) => {
    const { principal, token } = await visitorOf(parts, request)
    if (principal === null) return reply.redirect(paths.signIn, 302)
    const shell = openShell(parts, request, principal)
    const filter = (request.query['q'] ?? '').trim().slice(0, MAX_FILTER_CHARACTERS)
    const apps = sorted(appsOf(parts, principal, clientOf(parts, request).address), shell.frame.words.tag)
    const fitting = apps.filter((each) => fits(each, filter))
    const notices = fitting.length === 0 ? new Map<string, ShownNotice>() : await currentNotices(parts.database)
    const model = {
      shell,
      login: principal.login,
      cards: fitting.map((each) => cardOf(each, { notices, icons, assets: paths.assets })),
      total: apps.length,
      filter,
      signOutAction: paths.signOut,
      csrf: formToken(parts, SIGN_OUT_PURPOSE, token),
    }
    return sendHtml(reply, 200, launcherPage(model))
  })

  app.get<{ Params: { digest: string } }>(
    '/assets/apps/:digest',
    { config: { access: 'anyone' } },
    async (request, reply) => {
      const icon = icons.find(request.params.digest)
      if (icon === null) throw new PosternError('not_found')
      const headers = { ...assetHeaders(parts.cookies.secure), 'content-security-policy': ICON_POLICY }
      return reply.headers(headers).type(icon.contentType).send(icon.body)
    },
  )
}

function appsOf({ policy }: LauncherParts, principal: Principal, clientAddress: string): OpenableApp[] {
  return openableApps(policy(), principal, { clientAddress, nowMs: Date.now() })
}

function sorted(apps: readonly OpenableApp[], tag: string): OpenableApp[] {
  const { compare } = new Intl.Collator(tag, { numeric: true })
  return apps.toSorted((one, other) => compare(one.title, other.title) || compare(one.name, other.name))
}

function fits({ name, title, description }: OpenableApp, filter: string): boolean {
  const folded = fold(filter)
  return [name, title, description ?? ''].some((text) => fold(text).includes(folded))
}

function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
}

function cardOf(
  { name, title, description, icon, url, asksFor }: OpenableApp,
  { notices, icons, assets }: { notices: ReadonlyMap<string, ShownNotice>; icons: AppIcons; assets: string },
): LauncherCard {
  const image = icons.ofApp(name)
  return {
    title,
    description,
    icon: image === null ? { letters: icon ?? firstLetter(title) } : { href: `${assets}/apps/${image.digest}` },
    url,
    asksFor,
    notice: notices.get(name) ?? null,
  }
}

function firstLetter(title: string): string {
  const [first] = LETTERS.segment(title)
  return (first?.segment ?? '').toUpperCase()
}
