import { statement } from './statement.ts'

/** Answers when the database does. */
export const PING = statement<[], { answer: number }>('ping', `select 1 as answer`)
