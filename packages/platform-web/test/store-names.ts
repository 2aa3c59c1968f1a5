// Names of workers, by which they know what to do, and of what they report.
export const FILL = 'fill';
export const REOPEN = 'reopen';
export const KEPT_CASES = [
  'a file that is still locked when a home is opened costs none of it',
  'opening a home makes and removes no file',
  'a write without room is told as a full disk, and is taken when there is room again',
] as const;
