import { PosternError } from '../errors.ts'
import { LastHolderError, UnknownUserError } from '../users/users.ts'

/**
 * Does what the commands' words for operators may come of, and throws a code in their place; they stay its `cause`,
 * which a command tells. UserFieldsError, which names fields, goes on as it is.
 */
export async function asPosternError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof UnknownUserError) throw new PosternError('unknown_user', error.message, { cause: error })
    if (error instanceof LastHolderError) throw new PosternError('last_administrator', error.message, { cause: error })
    throw error
  }
}
