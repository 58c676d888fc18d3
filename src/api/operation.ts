import type { Readable } from 'node:stream'
import { z } from 'zod'
import type { ErrorCode } from '../errors.ts'
import type { OwnPermission } from '../lib/permissions.ts'
import type { Principal } from '../lib/principal.ts'

type Shape = z.ZodRawShape
type NoFields = Readonly<Record<string, never>>
type Read<S extends Shape> = z.output<z.ZodObject<S, z.core.$strict>>

/** Who asks for an operation, from where; it goes into the record. */
export interface Caller {
  readonly principal: Principal
  readonly address: string | null
  readonly userAgent: string
  readonly requestId: string
}

/** What a call gave, read by the operation's own schemas. */
export interface Call<P extends Shape, Q extends Shape, B extends Shape> {
  readonly params: Read<P>
  readonly query: Read<Q>
  readonly body: Read<B>
  readonly caller: Caller
  /**
   * Refuses a change of what has changed since the caller read it (`If-Match`, RFC 9110 13.1.1).
   * @param version of the thing as it is now, within the transaction that changes it
   * @throws PosternError `changed_since`
   */
  readonly expect: (version: string) => void
}

/** What came of a call; the envelope of DESIGN 4.8 is put around it. */
export interface Outcome<D> {
  readonly data: D
  /** Cursor of the next page; null or left out after the last. */
  readonly next?: string | null
  /** Version of the thing that was read or changed, for `ETag`. */
  readonly version?: string
}

/** A reply that goes out as it is, in parts where it is long. */
export interface Written {
  readonly written: string | Readable
  readonly contentType: string
  /** Under which browsers keep it. */
  readonly fileName?: string
}

/** One thing that programs can ask for: how it is called, who may, and what it does. Routes and OpenAPI are made of it. */
export interface Operation<
  P extends Shape = Shape,
  Q extends Shape = Shape,
  B extends Shape = Shape,
  D extends z.ZodType = z.ZodType,
> {
  /** Its `operationId`, such as `listUsers`. */
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below `/api/v2`, such as `/users/{login}`. */
  readonly path: string
  readonly tag: string
  /** What it does, as a sentence without its full stop. */
  readonly summary: string
  readonly access: 'signed_in' | OwnPermission
  /** True where the caller must have proven who he is within the last ten minutes; API tokens were when they were made. */
  readonly needsProof?: true | undefined
  /** True where an API token is no caller, since it would change what it stands for. */
  readonly refusesTokens?: true
  readonly params?: P
  readonly query?: Q
  /** Left out where there is no body. */
  readonly body?: B
  /** Shape of `data` in the reply. */
  readonly data: D
  /** 201 for what makes something; such an operation takes an `Idempotency-Key`. */
  readonly status?: 200 | 201
  /** Media types of what it answers with, where that is no JSON. */
  readonly writes?: readonly string[]
  /** Where bodies may be longer than usual. */
  readonly maxBodyBytes?: number
  /** What else it may answer with, besides what every operation may. */
  readonly errors?: readonly ErrorCode[]
  readonly run: (call: Call<P, Q, B>) => Promise<Outcome<z.input<D>> | Written>
}

/** What is told of an operation, and of what answers the same paths without being one, such as signing in. */
export type Described = Omit<Operation, 'run' | 'access'> & { readonly access: 'anyone' | Operation['access'] }

/** Declares an operation, its call typed by its schemas. */
export function operation<
  D extends z.ZodType,
  P extends Shape = NoFields,
  Q extends Shape = NoFields,
  B extends Shape = NoFields,
>(declared: Operation<P, Q, B, D>): Operation {
  return declared as unknown as Operation
}

/** How many a page of a list has, and where it goes on. */
export const PAGE = {
  limit: z.coerce.number().int().min(1).max(500).default(50).describe('How many at most.'),
  after: z.string().max(512).optional().describe('`next` of the page before.'),
} as const
