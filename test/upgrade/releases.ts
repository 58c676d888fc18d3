/** The releases there were, oldest first, each with the number of its last migration. */
export const RELEASES: ReadonlyMap<string, number> = new Map([['0.1.0', 21]])

/** The one that an upgrade comes from, and that goes on beside the new program while replicas are replaced. */
export const PREVIOUS = '0.1.0'
