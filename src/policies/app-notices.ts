import type { Queryable } from '../store/database.ts'
import * as table from './app-notices-table.ts'
import type { NoticeRow } from './app-notices-table.ts'

/** What people are told of an app for a while, such as that it is being mended. */
export interface AppNotice {
  /** Name in the policy. */
  readonly app: string
  readonly text: string
  readonly startsAt: Date
  /** Null until it is taken away. */
  readonly endsAt: Date | null
  /** Login, or the name of an operator at a shell. */
  readonly setBy: string
  readonly setAt: Date
}

/** One to be set. */
export interface NewNotice {
  readonly app: string
  readonly text: string
  /** Null for now. */
  readonly startsAt: Date | null
  readonly endsAt: Date | null
  readonly setBy: string
}

/** A notice as people read it now. */
export interface ShownNotice {
  readonly text: string
  readonly endsAt: Date | null
}

export const MAX_NOTICE_CHARACTERS = 500
/** Control characters but line breaks, lone surrogates, and what turns the direction of the text around it. */
const CONTROLS = /[^\P{Cc}\n]|[\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u

/** True for a text that may stand in a notice, without outer blanks. */
export function isNoticeText(text: string): boolean {
  return text.trim() === text && text !== '' && Array.from(text).length <= MAX_NOTICE_CHARACTERS && !CONTROLS.test(text)
}

/** All that are set, whether they hold now or not, by app. */
export async function listNotices(database: Queryable): Promise<AppNotice[]> {
  return (await database.query(table.LIST_NOTICES)).map(toNotice)
}

/** What is to be told now, by app. */
export async function currentNotices(database: Queryable): Promise<ReadonlyMap<string, ShownNotice>> {
  const rows = await database.query(table.LIST_CURRENT_NOTICES)
  return new Map(rows.map(({ app, text, ends_at: endsAt }) => [app, { text, endsAt }]))
}

/** The one that is set for an app, whether it holds now or not. */
export async function findNotice(database: Queryable, app: string): Promise<AppNotice | null> {
  const [row] = await database.query(table.FIND_NOTICE, app)
  return row === undefined ? null : toNotice(row)
}

/** The same for whoever is about to change it: nobody else does until the transaction ends. */
export async function holdNotice(tx: Queryable, app: string): Promise<AppNotice | null> {
  await tx.query(table.LOCK_NOTICE, app)
  return findNotice(tx, app)
}

/** Sets an app's notice in the place of the one before; call it in the transaction that writes the event. */
export async function putNotice(tx: Queryable, notice: NewNotice): Promise<AppNotice> {
  const { app, text, startsAt, endsAt, setBy } = notice
  const times = [startsAt?.toISOString() ?? null, endsAt?.toISOString() ?? null] as const
  const [row] = await tx.query(table.PUT_NOTICE, app, text, ...times, setBy)
  if (row === undefined) throw new Error('no row of a notice')
  return toNotice(row)
}

/** False where there was none. */
export async function dropNotice(tx: Queryable, app: string): Promise<boolean> {
  return (await tx.query(table.DELETE_NOTICE, app)).length > 0
}

function toNotice({ app, text, starts_at, ends_at, set_by, set_at }: NoticeRow): AppNotice {
  return { app, text, startsAt: starts_at, endsAt: ends_at, setBy: set_by, setAt: set_at }
}
