/** Whether the long suites run too: what repeats, has many variants or large numbers. */
export const IS_LONG = process.env['POSTERN_TEST_LONG'] === '1'
